// /etc/kimg/maintenance.json: what a master's timers do (images/agent/kimg_agent/maintenance/timers.py reads it). It stays on the node.
import type { Maintenance } from "../model.ts";
import { toJsonText } from "./jinja.ts";

/**
 * `{"version": 1, "snapshots": {"every_seconds": 21600, "keep": 12, "upload": []}, "certificates": {"renew_before_seconds": 2592000}}`.
 * The upload command's arguments may hold a password: the file is root's alone.
 */
export const maintenanceText = ({ snapshots, certificates }: Maintenance): string =>
  toJsonText({
    version: 1,
    snapshots: { every_seconds: snapshots.everySeconds, keep: snapshots.keep, upload: snapshots.upload },
    certificates: { renew_before_seconds: certificates.renewBeforeSeconds },
  });
