// /etc/kimg/maintenance.json: what a master's timers do (images/agent/kimg_agent/maintenance/timers.py reads it). It stays on the node.
import type { Maintenance } from "../model.ts";
import { toJsonText } from "./jinja.ts";

/**
 * `{"version": 1, "snapshots": {"every_seconds": 21600, "keep": 12, "upload": []}, "certificates": {"renew_before_seconds": 2592000}}`;
 * `"snapshots": false` and `"renew": false` in `certificates` turn them off. The upload command's arguments may hold a password: the
 * file is root's alone.
 */
export const maintenanceText = ({ snapshots, certificates: { renew, renewBeforeSeconds } }: Maintenance): string =>
  toJsonText({
    version: 1,
    snapshots: snapshots && {
      every_seconds: snapshots.everySeconds,
      keep: snapshots.keep,
      upload: snapshots.upload,
    },
    // Left out when on: the agent of an older image refuses a key that it does not know.
    certificates: { ...(renew ? {} : { renew }), renew_before_seconds: renewBeforeSeconds },
  });
