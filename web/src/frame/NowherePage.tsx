import { NotShared } from "~/parts/states";

/** An address that is no page. It stands outside the frame: whether somebody is signed in does not matter to it. */
export function NowherePage() {
  return (
    <main id="main">
      <NotShared />
    </main>
  );
}
