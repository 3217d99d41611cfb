/** What a condition sees, by name, with the type of each; and examples to begin with. The server checks what is written. */
export type InputType = "text" | "number" | "boolean" | "list" | "map" | "time";

export const inputs = [
  ["request.operation", "text"],
  ["request.milli_vcpu", "number"],
  ["request.memory_bytes", "number"],
  ["request.disk_bytes", "number"],
  ["request.template", "text"],
  ["request.size", "text"],
  ["request.copies", "number"],
  ["request.has_reason", "boolean"],
  ["request.force", "boolean"],
  ["request.fields", "map"],
  ["request.field_names", "list"],
  ["requester.name", "text"],
  ["requester.roles", "list"],
  ["requester.groups", "list"],
  ["service.name", "text"],
  ["service.system", "text"],
  ["environment.name", "text"],
  ["environment.protected", "boolean"],
  ["size.name", "text"],
  ["size.milli_vcpu", "number"],
  ["size.memory_bytes", "number"],
  ["quota.exceeded", "boolean"],
  ["cost.hourly", "number"],
  ["now", "time"],
] as const satisfies readonly (readonly [string, InputType])[];

export type InputName = (typeof inputs)[number][0];

export const examples = {
  large: "request.milli_vcpu > 8000 || request.memory_bytes > 32 * 1024 * 1024 * 1024",
  hours: "now.getDayOfWeek('Asia/Shanghai') == 5 && now.getHours('Asia/Shanghai') >= 15",
  field: "has(request.fields.change_number) && request.fields.change_number.startsWith('C')",
  unexplained: "!request.has_reason",
} as const;
