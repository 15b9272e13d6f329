// IP addresses and networks as kimg compares them: strict to read, one canonical form to print.
import ipaddr from "ipaddr.js";
import type { IPv4, IPv6 } from "ipaddr.js";

export type Family = "IPv4" | "IPv6";

export interface Address {
  readonly family: Family;
  /** RFC 5952 for IPv6. */
  readonly text: string;
  readonly value: IPv4 | IPv6;
}

export interface Cidr {
  readonly family: Family;
  /** The network's first address and prefix length: `10.0.0.0/24`. */
  readonly text: string;
  readonly network: Address;
  readonly prefix: number;
}

/** Bits of an address of the family. */
export const bitsOf = (family: Family): number => (family === "IPv4" ? 32 : 128);

const fourNumbers = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;

const address = (value: IPv4 | IPv6): Address => {
  const family: Family = value.kind() === "ipv4" ? "IPv4" : "IPv6";
  const text = value.kind() === "ipv4" ? value.toString() : (value as IPv6).toRFC5952String();
  return { family, text, value };
};

/** Undefined for anything but four decimal numbers without leading zeros, or IPv6 without zone. */
export const parseAddress = (text: string): Address | undefined => {
  if (fourNumbers.test(text)) return ipaddr.IPv4.isValid(text) ? address(ipaddr.IPv4.parse(text)) : undefined;
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  return address(ipaddr.IPv6.parse(text));
};

/** Address and prefix length as written, host bits kept; undefined when it is no CIDR. */
export const parsePrefixed = (text: string): { readonly address: Address; readonly prefix: number } | undefined => {
  const [host = "", prefix = "", ...rest] = text.split("/");
  const found = parseAddress(host);
  if (found === undefined || rest.length > 0 || !/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  return Number(prefix) > bitsOf(found.family) ? undefined : { address: found, prefix: Number(prefix) };
};

/** The network that the address and prefix length lie in. */
const networkOf = (found: Address, prefix: number): Address => {
  const text = `${found.value.toString()}/${prefix}`;
  return address(
    found.family === "IPv4" ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text),
  );
};

/** Undefined when it is no CIDR; host bits are dropped. */
export const parseCidr = (text: string): Cidr | undefined => {
  const found = parsePrefixed(text);
  if (found === undefined) return undefined;
  const network = networkOf(found.address, found.prefix);
  return { family: network.family, text: `${network.text}/${found.prefix}`, network, prefix: found.prefix };
};

export const contains = (cidr: Cidr, found: Address): boolean =>
  cidr.family === found.family && networkOf(found, cidr.prefix).text === cidr.network.text;

export const overlap = (left: Cidr, right: Cidr): boolean =>
  left.prefix <= right.prefix ? contains(left, right.network) : contains(right, left.network);

/** The first and (IPv4) last address of a network belong to no machine, but in networks of two or one (RFC 3021). */
export const isReserved = (cidr: Cidr, found: Address): boolean => {
  if (bitsOf(cidr.family) - cidr.prefix < 2) return false;
  if (found.text === cidr.network.text) return true;
  return found.family === "IPv4" && found.text === ipaddr.IPv4.broadcastAddressFromCIDR(cidr.text).toString();
};

/** What an address can be used for, by the registries of IANA: `unicast`, `private`, `loopback`, `multicast` … */
export const kindOf = (found: Address): string => found.value.range();
