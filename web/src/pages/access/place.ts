/** A place that access is asked about: at most one of a System, a Service and a VM, as it stands in the address. */
export interface PlaceSearch {
  system?: string | undefined;
  service?: string | undefined;
  vm?: string | undefined;
}

const kinds = ["vm", "service", "system"] as const;

/** `vm:ID`, as one choice among others. */
export function placeText(place: PlaceSearch): string | undefined {
  const kind = kinds.find((one) => place[one]);
  return kind && `${kind}:${place[kind]}`;
}

export function placeOf(text: string | undefined): PlaceSearch {
  const [kind, id] = text?.split(":") ?? [];
  const none = { system: undefined, service: undefined, vm: undefined };
  return kinds.some((one) => one === kind) && id ? { ...none, [kind as string]: id } : none;
}

/** As the server asks for it. A VM is in its own environment, so none is asked for with it. */
export function placeQuery(place: PlaceSearch, environment: string | undefined) {
  return {
    ...(place.vm ? { vm_id: place.vm } : {}),
    ...(!place.vm && place.service ? { service_id: place.service } : {}),
    ...(!place.vm && !place.service && place.system ? { system_id: place.system } : {}),
    ...(!place.vm && environment ? { environment_id: environment } : {}),
  };
}
