// What the masters do by themselves once they are members: how often, and with what.
import type { Path } from "../../diagnostic.ts";
import { goDurationSeconds } from "../duration.ts";
import type { Rule } from "./context.ts";
import { error } from "./context.ts";

const hour = 3600;
const day = 24 * hour;

const everyPath: Path = ["etcd", "snapshots", "every"];
const renewPath: Path = ["certificates", "renewBefore"];

/** A snapshot is restored once to prove it, so that minutes would keep a master busy; and an old one is of little use. */
export const snapshotInterval: Rule = ({ config }) => {
  const { snapshots } = config.etcd;
  if (snapshots === false) return [];
  const { every } = snapshots;
  if (every < 600)
    return [error("etcd/snapshots", "snapshots are at least 10 minutes apart", everyPath, "write 10m or more")];
  if (every <= 31 * day) return [];
  return [error("etcd/snapshots", "snapshots are at most 31 days apart", everyPath, "write 31d or less")];
};

/** systemd gives a program no shell and no folder that a person would expect. */
export const uploadCommand: Rule = ({ config }) => {
  const [program] = config.etcd.snapshots === false ? [] : config.etcd.snapshots.upload;
  if (program === undefined || program.startsWith("/")) return [];
  const message = `${JSON.stringify(program)} is not an absolute path`;
  const hint =
    "write [/usr/bin/PROGRAM, ARGUMENT, …]; the snapshot's path becomes the last argument, and no shell reads any of it";
  return [error("etcd/upload", message, ["etcd", "snapshots", "upload", 0], hint)];
};

/** What kubeadm makes is valid for a year, or as long as the user says: v1beta4, certificateValidityPeriod. */
export const renewal: Rule = ({ config }) => {
  const { renew, renewBefore } = config.certificates;
  if (renewBefore < hour)
    return [
      error("certificates/renewal", "less than an hour is too short to renew them in", renewPath, "write 1h or more"),
    ];
  const written = config.kubeadm?.ClusterConfiguration?.["certificateValidityPeriod"];
  const validity = (typeof written === "string" ? goDurationSeconds(written) : undefined) ?? 365 * day;
  if (!renew || renewBefore < validity) return [];
  const hours = Math.floor(validity / hour);
  const message = `certificates are valid for ${hours} hours: they would be renewed all the time`;
  const hint = `write less than that, such as a twelfth of it: ${Math.max(1, Math.floor(hours / 12))}h`;
  return [error("certificates/renewal", message, renewPath, hint)];
};
