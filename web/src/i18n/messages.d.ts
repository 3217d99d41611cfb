/** English is the source of keys: a key that is not in its files does not compile. */
import "i18next";
import type { Messages } from "./messages";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "console";
    resources: { console: Messages };
    returnNull: false;
  }
}
