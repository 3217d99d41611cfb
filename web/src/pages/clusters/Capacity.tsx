import { useTranslation } from "react-i18next";
import type { Cluster } from "~/api/types";
import { bytes, vcpu } from "~/parts/units";

/** What is committed of what there is: a quiet bar, with the numbers beside it. */
export function CapacityBars({ capacity }: { capacity: Cluster["capacity"] }) {
  const { t, i18n } = useTranslation();
  if (!capacity) return <p className="dim">{t("clusters.capacityNone")}</p>;
  const language = i18n.language;
  return (
    <>
      <dl className="capacity">
        <Bar
          label={t("clusters.cpu")}
          share={capacity.committed_milli_vcpu / Math.max(1, capacity.milli_vcpu)}
          text={t("clusters.of", {
            used: new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(
              capacity.committed_milli_vcpu / 1000,
            ),
            total: vcpu(t, capacity.milli_vcpu, language),
          })}
        />
        <Bar
          label={t("clusters.memory")}
          share={capacity.committed_memory_bytes / Math.max(1, capacity.memory_bytes)}
          text={t("clusters.of", {
            used: bytes(t, capacity.committed_memory_bytes, language),
            total: bytes(t, capacity.memory_bytes, language),
          })}
        />
      </dl>
      {capacity.unmanaged_memory_bytes > 0 && (
        <p className="dim">
          {t("clusters.others", {
            cpu: vcpu(t, capacity.unmanaged_milli_vcpu, language),
            memory: bytes(t, capacity.unmanaged_memory_bytes, language),
          })}
        </p>
      )}
    </>
  );
}

function Bar({ label, share, text }: { label: string; share: number; text: string }) {
  const width = `${Math.min(100, Math.max(0, share * 100))}%`;
  return (
    <div>
      <dt className="dim">{label}</dt>
      <dd>
        <span className="capacity-bar" aria-hidden="true">
          <span className={share > 0.9 ? "capacity-full" : undefined} style={{ width }} />
        </span>
        <span>{text}</span>
      </dd>
    </div>
  );
}
