import { describe, expect, it } from "vitest";
import { cloudInitSaid } from "./cloud-init.ts";
import { haproxySaid, unresolvedNames } from "./haproxy.ts";
import { kubeadmSaid, knowsField } from "./kubeadm.ts";
import { candidates, fieldNames, renamed } from "./meant-field.ts";
import { fieldSaid, packerSaid } from "./packer.ts";
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

describe("a field that kubeadm does not know", () => {
  const wrong = { featureGatez: {}, apiServer: { extraArgs: [{ name: "a", valu: "b" }] } };
  const unknown = `${unmarshaling}strict decoding error: unknown field "featureGatez"${after}`;
  const type = `${unmarshaling}json: cannot unmarshal object into Go struct field C.featureGates of type string${after}`;

  it("may be meant to be one of those that the program has", () => {
    const program = Buffer.from('\0\xff`json:"maxPods,omitempty"`\0json:"podCIDR"json:"-"json:",inline"maxPod');
    expect(fieldNames(program)).toEqual(new Set(["maxPods", "podCIDR"]));
    expect(candidates("maxPod", new Set(["podCIDR", "maxPods", "maxPod", "maxPid"]))).toEqual(["maxPods", "maxPid"]);
    expect(candidates("nothingLikeIt", new Set(["maxPods"]))).toEqual([]);
  });

  it("is asked for by another name, and nothing else of the document changes", () => {
    expect(renamed(wrong, ["apiServer", "extraArgs", 0, "valu"], "value")).toEqual({
      featureGatez: {},
      apiServer: { extraArgs: [{ name: "a", value: "b" }] },
    });
    expect(Object.keys(renamed(wrong, ["featureGatez"], "featureGates") as object)[0]).toBe("featureGates");
    expect(renamed(wrong, ["none", "deeper"], "x")).toEqual(wrong);
  });

  it("is known by the name that kubeadm says nothing of", () => {
    expect(knowsField(wrong, ["featureGatez"], unknown)).toBe(false);
    expect(knowsField(wrong, ["featureGates"], unknown)).toBe(true);
    expect(knowsField(wrong, ["featureGates"], type)).toBe(true);
    expect(knowsField(wrong, ["featureGates"], `error: featureGates: Invalid value: "x"${after}`)).toBe(true);
  });
});

// As HAProxy 2.6.12 and 3.0.11 said it, word for word.
describe("HAProxy", () => {
  const configuration = "global\n\ndefaults\n  mode tcp\n\nfrontend api\n  bind *:1\n\nbackend masters\n";
  const head =
    "[NOTICE]   (2) : haproxy version is 3.0.11-1+deb13u5\n[NOTICE]   (2) : path to executable is /usr/sbin/haproxy\n";
  const said = (text: string, code = 1) =>
    haproxySaid(configuration, code, `${head}${text}[ALERT]    (2) : config : Fatal errors found in configuration.\n`);

  it("names lines in several ways", () => {
    const text = `[ALERT]    (2) : config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'modee' in 'defaults' section; did you mean 'mode' maybe ?
[ALERT]    (2) : config : Parsing [/etc/haproxy/haproxy.cfg:46]: frontend 'api' has the same name as frontend 'api' declared at /etc/haproxy/haproxy.cfg:31.
[ALERT]    (2) : config : [/etc/haproxy/haproxy.cfg:41] : Couldn't open the ca-file '/etc/nope.crt' (No such file or directory).
[ALERT]    (2) : config : 'ca-file' : unable to load /etc/nope.crt.
[ALERT]    (2) : config : Error(s) found in configuration file : /etc/haproxy/haproxy.cfg
`;
    expect(said(text).map(({ line, message }) => `${line} ${message}`)).toEqual([
      "12 unknown keyword 'modee' in 'defaults' section; did you mean 'mode' maybe ?",
      "46 frontend 'api' has the same name as frontend 'api' declared at /etc/haproxy/haproxy.cfg:31.",
      "41 Couldn't open the ca-file '/etc/nope.crt' (No such file or directory).",
    ]);
  });

  it("names a section where it knows no line, and only warns of some", () => {
    expect(
      said("[ALERT]    (2) : config : Proxy 'api': unable to find required default_backend: 'masterz'.\n"),
    ).toEqual([
      { severity: "error", line: 6, message: "Proxy 'api': unable to find required default_backend: 'masterz'." },
    ]);
    const warning = `[WARNING]  (2) : config : missing timeouts for backend 'masters'.
   | While not properly invalid, you will certainly encounter various problems
   | with such a configuration. To fix this, please ensure that all following
   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.
Warnings were found.
`;
    expect(haproxySaid(configuration, 0, head + warning)).toEqual([
      { severity: "warning", line: 9, message: "missing timeouts for backend 'masters'." },
    ]);
  });

  it("knows no addresses", () => {
    const text = `[ALERT]    (2) : config : [/etc/haproxy/haproxy.cfg:42] : 'server masters/cp1' : could not resolve address 'a.example'.
[ALERT]    (2) : config : [/etc/haproxy/haproxy.cfg:43] : 'server masters/cp2' : could not resolve address 'b.example'.
[ALERT]    (2) : config : Failed to initialize server(s) addr.
`;
    expect(unresolvedNames(said(text))).toEqual(["a.example", "b.example"]);
  });

  it("says what nobody has seen", () => {
    expect(haproxySaid(configuration, 1, "no words of its own\n")).toEqual([
      { severity: "error", line: undefined, message: "no words of its own" },
    ]);
    expect(haproxySaid(configuration, 0, `${head}Configuration file is valid\n`)).toEqual([]);
  });
});

const packerPlace = (line: number, file = "source.pkr.hcl"): string =>
  `  on ${file} line ${line}:\n  (source code not available)\n`;

// As Packer 1.6.6 and 1.15.0 said it, word for word.
describe("Packer", () => {
  const hcl = `# a worker

source "qemu" "kimg" {
  iso_url = var.base_image
  memory  = "much"

  qemuargs = [
    ["-cpu", "max"],
  ]

  metadata_options {
    tokns = 1
  }
  boot_wait = "long"
}
`;
  const texts = new Map([["source.pkr.hcl", hcl]]);
  const fields = { memory: "much", qemuargs: [["-cpu", "max"]], boot_wait: "long", metadata_options: { tokns: 1 } };
  const found = (output: string) => packerSaid(output).map((said) => fieldSaid(fields, texts, said));

  it("names the line of a field", () => {
    const type = `Error: Incorrect attribute value type\n\n${packerPlace(5)}\nInappropriate value for attribute "memory": a number is required.\n\n`;
    const unknown = `Error: Unsupported argument\n\n${packerPlace(12)}\nAn argument named "tokns" is not expected\nhere. Did you mean "tokens"?\n\n\n`;
    expect(found(type + unknown)).toEqual([
      { path: ["memory"], message: 'Inappropriate value for attribute "memory": a number is required.' },
      {
        path: ["metadata_options", "tokns"],
        message: 'An argument named "tokns" is not expected here. Did you mean "tokens"?',
        at: "key",
      },
    ]);
    expect(found(`Error: Unsupported argument\n\n${packerPlace(8)}\nNo.\n`)).toEqual([
      { path: ["qemuargs"], message: "No." },
    ]);
  });

  it("shows lines of the file, where there are any", () => {
    const syntax = `Error: Invalid multi-line string

  on source.pkr.hcl line 5, in source "qemu" "kimg":
   5:   memory           = "\${var."
   6:   cpus             = var.cpus

Quoted strings may not be split over multiple lines.
`;
    expect(found(syntax)).toEqual([
      { path: ["memory"], message: "Quoted strings may not be split over multiple lines." },
    ]);
  });

  it("leaves a field of kimg's to kimg, and does not count warnings", () => {
    expect(found(`Error: Unsupported attribute\n\n${packerPlace(4)}\nNo.\n`)).toEqual([undefined]);
    const warning = `Warning: A checksum of 'none' was specified. Since ISO files are so big,\na checksum is highly recommended.\n\n${packerPlace(3)}\n`;
    expect(packerSaid(`${warning}Error: No.\n`)).toEqual([{ place: undefined, message: "No." }]);
  });

  it("says what nobody has seen, and what is of no source, at the builder", () => {
    expect(found("no words of its own\n")).toEqual([{ path: [], message: "no words of its own", at: "key" }]);
    const unknown = `Error: Unknown source vultr\n\n${packerPlace(4, "build.pkr.hcl")}\nThere is none.\n`;
    expect(found(unknown)).toEqual([{ path: [], message: "There is none.", at: "key" }]);
  });

  it("says in a list what a builder says, at the source's first line", () => {
    const output = `Error: 1 error(s) decoding:\n\n* error decoding 'boot_wait': time: invalid duration "long"\n\n${packerPlace(3)}\n`;
    expect(found(output)).toEqual([
      { path: ["boot_wait"], message: "error decoding 'boot_wait': time: invalid duration \"long\"" },
    ]);
    const several = `Error: 2 error(s) occurred:

* An ssh_username must be specified
  Note: some builders used to default ssh_username to "root".
* location is required

${packerPlace(3)}`;
    expect(found(several)).toEqual([
      {
        path: [],
        message: 'An ssh_username must be specified Note: some builders used to default ssh_username to "root".',
        at: "key",
      },
      { path: [], message: "location is required", at: "key" },
    ]);
  });

  it("knows no line of a variable that nobody has given", () => {
    const unset =
      'Error: Unset variable "base_image"\n\nA used variable must be set or have a default value; see\nhttps://packer.io/docs for details.\n';
    expect(packerSaid(unset)).toEqual([
      { place: undefined, message: expect.stringContaining('Unset variable "base_image"') },
    ]);
  });

  it("reads the JSON form, where maps may be blocks", () => {
    const own = { launch_block_device_mappings: [{ device_name: "/dev/xvda", volume_sise: 5 }] };
    const json = JSON.stringify(
      { "//": "", source: { "amazon-ebs": { kimg: { region: "x", ...own } } } },
      undefined,
      2,
    );
    const line = json.split("\n").findIndex((each) => each.includes("volume_sise")) + 1;
    const output = `Error: Extraneous JSON object property\n\n${packerPlace(line, "source.pkr.json")}\nNo argument or block type is named "volume_sise". Did you mean "volume_size"?\n`;
    const [said] = packerSaid(output);
    expect(said && fieldSaid(own, new Map([["source.pkr.json", json]]), said)).toEqual({
      path: ["launch_block_device_mappings", 0, "volume_sise"],
      message: 'No argument or block type is named "volume_sise". Did you mean "volume_size"?',
      at: "key",
    });
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
