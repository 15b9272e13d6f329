// Hosts as URLs and `host:port` pairs have them.
import { parseAddress } from "../config/address.ts";

/** An IPv6 address in brackets (RFC 3986, section 3.2.2); anything else as it is. */
export const urlHost = (host: string): string => (parseAddress(host)?.family === "IPv6" ? `[${host}]` : host);
