import { useLanguage } from "../i18n/language.js";
import { Failure } from "../ui/failure.js";
import { AuditLog } from "./audit-log.js";
import { Connections } from "./connections.js";
import { LivePlot } from "./live-plot.js";
import { Notify } from "./notify.js";
import { uptime } from "./samples.js";
import { useSamples } from "./use-samples.js";

/** The service as its administrators see it. */
export function Admin() {
  const { t, language } = useLanguage();
  const { samples, stats, error } = useSamples();
  const of = (pick: (sample: (typeof samples)[number]) => number | null) => samples.map(pick);
  return (
    <div className="column">
      <h1>{t("admin.title")}</h1>
      <Failure error={error} />
      <div className="plots">
        <LivePlot title={t("admin.connections")} lines={[{ name: "", values: of((s) => s.connections) }]} />
        <LivePlot title={t("admin.events")} lines={[{ name: "", values: of((s) => s.events) }]} />
        <LivePlot title={t("admin.deliveries")} lines={[{ name: "", values: of((s) => s.deliveries) }]} />
        <LivePlot
          title={t("admin.latency")}
          lines={[
            { name: "p50", values: of((s) => s.p50) },
            { name: "p95", values: of((s) => s.p95) },
            { name: "p99", values: of((s) => s.p99) },
          ]}
        />
      </div>
      {stats && (
        <dl className="card facts">
          <Fact name={t("admin.slow")} value={String(stats.details?.slow_ends ?? 0)} />
          <Fact name={t("admin.uptime")} value={uptime(stats.uptime_seconds, language)} />
          {stats.nodes.map((node) => (
            <Fact
              key={node.node_id}
              name={t("admin.node", { id: node.node_id })}
              value={t("admin.node_is", { count: node.connected_clients, version: node.version })}
            />
          ))}
        </dl>
      )}
      <Connections />
      <Notify />
      <AuditLog />
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="figure">{value}</dd>
    </div>
  );
}
