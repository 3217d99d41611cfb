/** A link that looks like a button: it leads to a page and does nothing, so it opens in a new tab like any link. */
import { createLink } from "@tanstack/react-router";
import { Button, type ButtonProps } from "antd";
import type { Ref } from "react";

/** Ant Design's button with an address is an anchor; the router gives it the address and follows it. */
function AnchorButton({ ref, ...props }: ButtonProps & { ref?: Ref<HTMLAnchorElement> }) {
  return <Button {...props} ref={ref as Ref<HTMLButtonElement & HTMLAnchorElement>} />;
}

export const LinkButton = createLink(AnchorButton);
