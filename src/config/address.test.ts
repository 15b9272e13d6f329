import { describe, expect, it } from "vitest";
import { contains, isReserved, kindOf, overlap, parseAddress, parseCidr, parsePrefixed } from "./address.ts";

const address = (text: string) => {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(`${text} is no address`);
  return found;
};

const cidr = (text: string) => {
  const found = parseCidr(text);
  if (found === undefined) throw new Error(`${text} is no network`);
  return found;
};

describe("parseAddress", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["FD00:0:0::1", "fd00::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::", "::"],
  ])("%s is %s", (text, canonical) => {
    expect(parseAddress(text)?.text).toBe(canonical);
  });

  // Each of these is an address to some program, and not always the same one.
  it.each([
    "",
    "10.1",
    "0x7f.0.0.1",
    "010.0.0.1",
    "10.0.0.256",
    "2130706433",
    "10.0.0.1/24",
    "fe80::1%eth0",
    "::g",
    "a.b",
  ])("%s is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("networks", () => {
  it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/024", "10.0.0.0/", "10.0.0.0/8/8", "fd00::/129", "x/8", "10.0.0.0/-1"])(
    "%s is none",
    (text) => {
      expect(parsePrefixed(text)).toBeUndefined();
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  it("drops host bits", () => {
    expect(parseCidr("10.1.2.3/8")?.text).toBe("10.0.0.0/8");
    expect(parseCidr("fd00::1:2/64")?.text).toBe("fd00::/64");
    expect(parseCidr("10.0.0.1/32")?.text).toBe("10.0.0.1/32");
  });

  it("contains its own family only", () => {
    expect(contains(cidr("10.0.0.0/24"), address("10.0.0.255"))).toBe(true);
    expect(contains(cidr("10.0.0.0/24"), address("10.0.1.0"))).toBe(false);
    expect(contains(cidr("0.0.0.0/0"), address("::a00:1"))).toBe(false);
    expect(contains(cidr("::/0"), address("10.0.0.1"))).toBe(false);
  });

  it.each([
    ["10.0.0.0/8", "10.244.0.0/16", true],
    ["10.244.0.0/16", "10.0.0.0/8", true],
    ["10.96.0.0/12", "10.112.0.0/12", false],
    ["10.0.0.0/8", "fd00::/8", false],
    ["fd00::/64", "fd00:0:0:0:1::/80", true],
  ])("%s overlaps %s: %s", (left, right, expected) => {
    expect(overlap(cidr(left), cidr(right))).toBe(expected);
  });

  it.each([
    ["10.0.0.0/24", "10.0.0.0", true],
    ["10.0.0.0/24", "10.0.0.255", true],
    ["10.0.0.0/24", "10.0.0.1", false],
    ["10.0.0.0/31", "10.0.0.0", false],
    ["10.0.0.0/31", "10.0.0.1", false],
    ["fd00::/64", "fd00::", true],
    ["fd00::/64", "fd00::ffff:ffff:ffff:ffff", false],
  ])("in %s, %s is reserved: %s", (network, text, expected) => {
    expect(isReserved(cidr(network), address(text))).toBe(expected);
  });

  it("names what an address is for", () => {
    expect(
      ["10.0.0.1", "127.0.0.53", "169.254.0.1", "224.0.0.1", "fe80::1"].map((text) => kindOf(address(text))),
    ).toEqual(["private", "loopback", "linkLocal", "multicast", "linkLocal"]);
  });
});
