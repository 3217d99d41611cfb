/** Ant Design's tokens, derived from our palette: small radii, 13 px text, quiet shadows, no decoration. */
import { type ThemeConfig, theme } from "antd";
import { fonts, palettes, type ThemeName } from "./tokens";

export function antdTheme(name: ThemeName, reducedMotion: boolean): ThemeConfig {
  const p = palettes[name];
  const derive = name === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm;
  return {
    // Ant Design would darken these for the dark theme; ours are already chosen for it, and proved readable.
    algorithm: (seed) => ({
      ...derive(seed),
      colorPrimary: p.accent,
      colorInfo: p.accent,
      colorSuccess: p["state-running"],
      colorWarning: p["state-waiting"],
      colorError: p["state-failed"],
      colorLink: p.accent,
    }),
    token: {
      colorPrimary: p.accent,
      colorPrimaryHover: p["accent-hover"],
      colorPrimaryActive: p["accent-hover"],
      colorLink: p.accent,
      colorLinkHover: p["accent-hover"],
      colorInfo: p.accent,
      colorSuccess: p["state-running"],
      colorWarning: p["state-waiting"],
      colorError: p["state-failed"],
      colorErrorText: p["state-failed"],
      colorText: p.text,
      colorTextSecondary: p["text-2"],
      colorTextTertiary: p["text-3"],
      colorTextDescription: p["text-3"],
      colorTextPlaceholder: p["text-3"],
      colorBgLayout: p.canvas,
      colorBgContainer: p.surface,
      colorBgElevated: p.raised,
      colorBorder: p["line-strong"],
      colorBorderSecondary: p.line,
      colorSplit: p.line,
      fontFamily: fonts.sans,
      fontFamilyCode: fonts.mono,
      fontSize: 13,
      fontSizeSM: 12,
      fontSizeLG: 14,
      controlHeight: 32,
      controlHeightSM: 26,
      borderRadius: 6,
      borderRadiusLG: 8,
      borderRadiusSM: 4,
      lineWidthFocus: 2,
      motion: !reducedMotion,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.16s",
      boxShadow: `0 4px 16px ${p.shadow}`,
      boxShadowSecondary: `0 6px 24px ${p.shadow}`,
    },
    components: {
      Button: {
        primaryShadow: "none",
        defaultShadow: "none",
        dangerShadow: "none",
        primaryColor: p["on-accent"],
        dangerColor: p["on-danger"],
        colorError: p["danger-solid"],
        colorErrorHover: p["danger-solid"],
        fontWeight: 500,
        defaultBorderColor: p["line-button"],
      },
      Form: { itemMarginBottom: 20, verticalLabelPadding: "0 0 4px", labelColor: p["text-2"] },
      Tabs: { horizontalItemPadding: "8px 0", horizontalItemGutter: 24, titleFontSize: 13 },
      Modal: { titleFontSize: 15 },
      Select: { optionSelectedBg: p["accent-soft"] },
    },
  };
}
