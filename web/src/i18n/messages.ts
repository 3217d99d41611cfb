/** The type of the messages, read from the English files. One line per file; a test finds a missing line. */
import type antd from "./locales/en/antd.json";
import type approvals from "./locales/en/approvals.json";
import type audit from "./locales/en/audit.json";
import type catalogue from "./locales/en/catalogue.json";
import type clusters from "./locales/en/clusters.json";
import type codes from "./locales/en/codes.json";
import type common from "./locales/en/common.json";
import type confirm from "./locales/en/confirm.json";
import type consoles from "./locales/en/consoles.json";
import type frame from "./locales/en/frame.json";
import type home from "./locales/en/home.json";
import type list from "./locales/en/list.json";
import type me from "./locales/en/me.json";
import type meta from "./locales/en/meta.json";
import type moreCodes from "./locales/en/moreCodes.json";
import type people from "./locales/en/people.json";
import type requests from "./locales/en/requests.json";
import type session from "./locales/en/session.json";
import type states from "./locales/en/states.json";
import type systems from "./locales/en/systems.json";
import type timeline from "./locales/en/timeline.json";
import type vms from "./locales/en/vms.json";

export interface Messages {
  antd: typeof antd;
  approvals: typeof approvals;
  audit: typeof audit;
  catalogue: typeof catalogue;
  clusters: typeof clusters;
  codes: typeof codes;
  common: typeof common;
  confirm: typeof confirm;
  consoles: typeof consoles;
  frame: typeof frame;
  home: typeof home;
  list: typeof list;
  me: typeof me;
  meta: typeof meta;
  moreCodes: typeof moreCodes;
  people: typeof people;
  requests: typeof requests;
  session: typeof session;
  states: typeof states;
  systems: typeof systems;
  timeline: typeof timeline;
  vms: typeof vms;
}
