import { describe, expect, it } from "vitest";
import { cloudInitSaid } from "./cloud-init.ts";
import { kubeadmSaid } from "./kubeadm.ts";
import { pathIn } from "./said.ts";

const document = {
  apiServer: { certSANs: ["foo bar"], extraArgs: [{ name: "a" }] },
  evictionHard: { "memory.available": 5 },
};
const unmarshaling =
  'error: error unmarshaling configuration schema.GroupVersionKind{Group:"g", Version:"v", Kind:"K"}: ';
const after = "\nTo see the stack trace of this error execute with --v=5 or higher\n";

it("reads paths of both kinds, and keys with dots", () => {
  expect(pathIn(document, "apiServer.extraArgs[0].valu")).toEqual(["apiServer", "extraArgs", 0, "valu"]);
  expect(pathIn(document, "apiServer.extraArgs.0.valu")).toEqual(["apiServer", "extraArgs", 0, "valu"]);
  expect(pathIn(document, "evictionHard.memory.available")).toEqual(["evictionHard", "memory.available"]);
  expect(pathIn(document, "evictionHard[nodefs.available]")).toEqual(["evictionHard", "nodefs.available"]);
  expect(pathIn(document, "")).toEqual([]);
});

// As kubeadm 1.37.2 said it.
describe("kubeadm", () => {
  it("knows no such field", () => {
    const output = `${unmarshaling}strict decoding error: unknown field "apiServer.extraArgs[0].valu", unknown field "timeouts"${after}`;
    expect(kubeadmSaid(document, output)).toEqual([
      {
        path: ["apiServer", "extraArgs", 0, "valu"],
        message: 'unknown field "apiServer.extraArgs[0].valu"',
        at: "key",
      },
      { path: ["timeouts"], message: 'unknown field "timeouts"', at: "key" },
    ]);
  });

  it("wants another type", () => {
    const output = `${unmarshaling}json: cannot unmarshal string into Go struct field APIServer.apiServer.certSANs of type []string${after}`;
    expect(kubeadmSaid(document, output)).toEqual([
      { path: ["apiServer", "certSANs"], message: "string where it takes []string" },
    ]);
  });

  it("finds values that are not valid, one or several", () => {
    const subnet = `networking.podSubnet: Invalid value: "10.0.0.0/33": couldn't parse subnet`;
    const name =
      "apiServer.certSANs: Invalid value: \"foo bar\": altname is not valid: lower case, or digits, and '-' or '.'";
    expect(kubeadmSaid(document, `error: [${subnet}, ${name}]${after}`)).toEqual([
      { path: ["networking", "podSubnet"], message: `Invalid value: "10.0.0.0/33": couldn't parse subnet` },
      { path: ["apiServer", "certSANs"], message: name.replace("apiServer.certSANs: ", "") },
    ]);
    expect(kubeadmSaid(document, `error: ${subnet}${after}`)).toHaveLength(1);
  });

  it("says something else", () => {
    expect(kubeadmSaid(document, "no words of its own\n")).toEqual([{ path: [], message: "no words of its own" }]);
    expect(kubeadmSaid(document, `error: what nobody has seen${after}`)).toEqual([
      { path: [], message: "what nobody has seen" },
    ]);
  });
});

it("reads what cloud-init's schema says, one complaint a place", () => {
  const said = [
    ["users.0.sudo", "3 is not of type 'array'"],
    ["users.0.sudo", "3 is not of type 'string'"],
    ["timezone", "x".repeat(400)],
  ];
  const [seed] = cloudInitSaid(JSON.stringify([{ document: { users: [{ sudo: 3 }] }, said }]));
  expect(seed?.said).toEqual([
    { path: ["users", 0, "sudo"], message: "3 is not of type 'array'; 3 is not of type 'string'" },
    { path: ["timezone"], message: `${"x".repeat(300)} …` },
  ]);
});
