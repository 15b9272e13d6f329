import { describe, expect, it } from "vitest";
import { type Machine, machineArguments, machineBinds, servedAt } from "./machine.ts";

const machine: Machine = { disk: { path: "/images/a.qcow2", format: "qcow2" }, firmware: "bios" };

/** What stands behind each of QEMU's options of that name. */
const valuesOf = (of: Machine, option: string): readonly string[] => {
  const words = machineArguments(of);
  return words.flatMap((word, index) => (word === option ? [words[index + 1] ?? ""] : []));
};

const writable = (of: Machine): readonly string[] =>
  machineBinds(of, "/tmp/scratch")
    .filter((bind) => bind.writable === true)
    .map(({ from }) => from);

describe("a machine", () => {
  it("writes to a layer over its disk, and to nothing that it was given", () => {
    expect(writable({ ...machine, seed: "/seeds/a.iso" })).toEqual(["/tmp/scratch"]);
    expect(valuesOf(machine, "-drive")).toEqual([
      "id=disk,file=/scratch/disk,format=qcow2,if=none,snapshot=on,cache=unsafe",
    ]);
    expect(machineArguments(machine).slice(4, 6)).toEqual(["qcow2", "/scratch/disk"]);
  });

  it("keeps the layer that it is given, and heeds the guest's flushes then", () => {
    const kept = { ...machine, layer: "/home/me/my.qcow2" };
    expect(valuesOf(kept, "-drive")).toEqual(["id=disk,file=/layer/my.qcow2,format=qcow2,if=none,cache=writeback"]);
    expect(writable(kept)).toEqual(["/home/me", "/tmp/scratch"]);
  });

  it("sees every further drive, and writes to none", () => {
    const more = { ...machine, seed: "/seeds/a.iso", drives: ["/seeds/recovery.iso"] };
    expect(valuesOf(more, "-drive").at(-1)).toBe("id=drive0,file=/drive0,format=raw,if=none,snapshot=on,cache=unsafe");
    expect(machineBinds(more, "/tmp/scratch")).toContainEqual({ from: "/seeds/recovery.iso", to: "/drive0" });
    expect(writable(more)).toEqual(["/tmp/scratch"]);
  });

  it("is emulated unless KVM is asked for", () => {
    expect(valuesOf(machine, "-accel")).toEqual(["tcg,thread=multi"]);
    expect(valuesOf({ ...machine, acceleration: "kvm" }, "-accel")).toEqual(["kvm"]);
  });

  it("reaches nobody, whichever ports lead into it", () => {
    expect(valuesOf(machine, "-netdev")).toEqual(["user,id=net,restrict=on"]);
    const forwards = [{ host: 2222, guest: 22 }];
    expect(valuesOf({ ...machine, forwards }, "-netdev")).toEqual([
      "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:2222-:22",
    ]);
  });

  it("reads the folder that is served to it, and still reaches nobody else", () => {
    const served = { ...machine, served: "/seeds/w1/nocloud-http" };
    expect(valuesOf(served, "-netdev")).toEqual([
      "user,id=net,restrict=on,guestfwd=tcp:10.0.2.4:80-cmd:busybox httpd -i -h /served",
    ]);
    expect(servedAt).toBe("http://10.0.2.4/");
    expect(machineBinds(served, "/tmp/scratch")).toContainEqual({ from: "/seeds/w1/nocloud-http", to: "/served" });
    expect(writable(served)).toEqual(["/tmp/scratch"]);
  });

  it("has the serial number that it is given, commas and all", () => {
    expect(valuesOf(machine, "-smbios")).toEqual([]);
    expect(valuesOf({ ...machine, serial: "ds=nocloud;s=http://a/?b,c" }, "-smbios")).toEqual([
      "type=1,serial=ds=nocloud;s=http://a/?b,,c",
    ]);
  });

  it("has an address of its own on a wire", () => {
    const two = [0, 1].map((station) => ({ ...machine, wire: { socket: "/tmp/wires/hub", station } }));
    const addresses = two.map((each) => valuesOf(each, "-device").find((device) => device.includes("mac=")));
    expect(new Set(addresses).size).toBe(2);
    for (const each of two) {
      expect(valuesOf(each, "-netdev")).toEqual(["stream,id=net,server=off,addr.type=unix,addr.path=/wire/hub"]);
      expect(writable(each)).toContain("/tmp/wires");
    }
  });

  it("has flash for UEFI's variables, which are not kept either", () => {
    const drives = valuesOf({ ...machine, firmware: "uefi" }, "-drive");
    expect(drives.filter((drive) => drive.startsWith("if=pflash") && drive.includes("snapshot=on"))).toHaveLength(2);
  });
});
