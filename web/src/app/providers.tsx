import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ConfigProvider } from "antd";
import type { i18n as I18n } from "i18next";
import { type ReactNode, useMemo } from "react";
import { I18nextProvider, useTranslation } from "react-i18next";
import { antdLocale } from "~/i18n/languages";
import { antdTheme } from "~/theme/antd";
import { ThemeProvider, useTheme } from "~/theme/theme";

function AntdProvider({ children }: { children: ReactNode }) {
  const { name, reducedMotion } = useTheme();
  const { i18n } = useTranslation();
  const config = useMemo(() => antdTheme(name, reducedMotion), [name, reducedMotion]);
  const locale = useMemo(() => antdLocale(i18n), [i18n, i18n.language]);
  return (
    <ConfigProvider
      theme={config}
      locale={locale}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
    >
      {children}
    </ConfigProvider>
  );
}

export function Providers(props: { client: QueryClient; i18n: I18n; children: ReactNode }) {
  return (
    <I18nextProvider i18n={props.i18n}>
      <QueryClientProvider client={props.client}>
        <ThemeProvider>
          <AntdProvider>{props.children}</AntdProvider>
        </ThemeProvider>
      </QueryClientProvider>
    </I18nextProvider>
  );
}
