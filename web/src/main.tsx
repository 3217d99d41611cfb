import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { sessionOptionsQuery } from "~/api/queries/session";
import { Providers } from "~/app/providers";
import { makeQueryClient } from "~/app/query-client";
import { makeRouter } from "~/app/router";
import { startI18n } from "~/i18n/languages";
import "~/theme/global.css";
import { applyStoredTheme } from "~/theme/theme";

applyStoredTheme();

const client = makeQueryClient(() => leave());
const router = makeRouter(client);
// The first thing that every page asks; it need not wait for words and faces.
void client.prefetchQuery(sessionOptionsQuery);

/** The session is over: forget what was read under it, and come back here after signing in again. */
function leave(): void {
  const { pathname, href } = router.state.location;
  if (pathname === "/sign-in") return;
  client.clear();
  void router.navigate({ to: "/sign-in", search: { next: href, why: "expired" } });
}

const root = document.getElementById("root");
/** The faces of the first paint, so that text does not shift when they arrive; a slow line does not wait for them. */
const faces = Promise.race([
  Promise.all([
    document.fonts.load('13px "Inter Variable"'),
    document.fonts.load('13px "JetBrains Mono Variable"'),
  ]),
  new Promise((resolve) => setTimeout(resolve, 400)),
]);

if (root) {
  Promise.all([startI18n(), faces]).then(([i18n]) =>
    createRoot(root).render(
      <StrictMode>
        <Providers client={client} i18n={i18n}>
          <RouterProvider router={router} />
        </Providers>
      </StrictMode>,
    ),
  );
}
