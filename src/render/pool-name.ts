// Names for machines that share a seed.
import type { JsonValue } from "../model.ts";

/** A host name has at most 63 characters (RFC 1123), a machine's part of it 13. */
const longestPrefix = 50;

/**
 * A bootcmd of cloud-init: a machine whose instance has given it no name takes the pool's and the first 12 digits of its machine-id. It
 * runs at each boot, before cloud-init sets the host name, and does nothing where there is a name already.
 */
export const nameFromMachine = (pool: string): JsonValue => {
  const script = [
    'case "$(hostname)" in',
    "  '' | localhost | localhost.* | debian | '(none)') ;;",
    "  *) exit 0 ;;",
    "esac",
    `name="${pool.slice(0, longestPrefix)}-$(cut -c1-12 /etc/machine-id)"`,
    'hostname "$name" && echo "$name" >/etc/hostname',
    "",
  ];
  return ["sh", "-c", script.join("\n")];
};
