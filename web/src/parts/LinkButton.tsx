/** A link that looks like a button: it leads to a page and does nothing, so it opens in a new tab like any link. */
import { createLink } from "@tanstack/react-router";
import { Button, type ButtonProps } from "antd";
import type { Ref } from "react";

interface Props extends Omit<ButtonProps, "type"> {
  ref?: Ref<HTMLAnchorElement>;
  /** The one act of the page. (The router keeps `type`, which of an anchor is something else, to itself.) */
  primary?: boolean;
}

/** Ant Design's button with an address is an anchor; the router gives it the address and follows it. */
function AnchorButton({ ref, primary, ...props }: Props) {
  return (
    <Button
      {...props}
      type={primary ? "primary" : "default"}
      ref={ref as Ref<HTMLButtonElement & HTMLAnchorElement>}
    />
  );
}

export const LinkButton = createLink(AnchorButton);
