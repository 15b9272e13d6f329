// VMware's guestinfo: extra configuration of a virtual machine that open-vm-tools reads inside of it
// (https://docs.cloud-init.io/en/latest/reference/datasources/vmware.html).
import { toYaml } from "../yaml.ts";
import { base64, jsonBytes, utf8 } from "../bytes.ts";
import type { Datasource, Seed, SeedFile } from "./datasource.ts";

/**
 * Bytes of one value. VMware names no limit of what a machine is told; this is that of what it tells:
 * https://github.com/vmware/open-vm-tools/blob/master/open-vm-tools/lib/include/guest_msg_def.h, GUESTMSG_MAX_IN_SIZE.
 */
const limit = 65_536;
const encoding = "gzip+base64";

/**
 * What is read once is replaced by `---`, so that nobody finds it in the machine's configuration later. Without a value ds-identify leaves
 * cloud-init out of the next boots, and everything as the first one made it.
 */
const redacted = ["metadata", "userdata"];

const metadata = (seed: Seed): Uint8Array =>
  utf8(
    toYaml({
      "instance-id": seed.instanceId,
      ...(seed.hostname === undefined ? {} : { "local-hostname": seed.hostname }),
      kimg: seed.kimg,
      network: base64(seed.networkConfig),
      "network.encoding": "base64",
      redact: redacted,
    }),
  );

const govc = ({ node }: Seed): string =>
  [
    `govc vm.change -vm ${node.name}`,
    ...["metadata", "userdata"].flatMap((key) => [
      `-e guestinfo.${key}.encoding=${encoding}`,
      `-f guestinfo.${key}="$PWD/guestinfo.${key}"`,
    ]),
  ].join(" ");

export const vmware: Datasource = {
  name: "vmware",
  files: (seed) => {
    const values = { metadata: metadata(seed), userdata: seed.userData };
    const encoded = Object.entries(values).map(([key, bytes]): readonly [string, string] => [
      `guestinfo.${key}`,
      base64(seed.gzip(bytes)),
    ]);
    const settings = encoded.flatMap(([key, value]) => [
      [key, value],
      [`${key}.encoding`, encoding],
    ]);
    const files = encoded.map(([key, value]): SeedFile => ({
      path: `vmware/${key}`,
      bytes: utf8(value),
      budget: { limit, what: key, compressed: true },
    }));
    return [
      ...files,
      { path: "vmware/extra-config.json", bytes: jsonBytes(Object.fromEntries(settings)) },
      { path: "vmware/lines.vmx", bytes: utf8(settings.map(([key, value]) => `${key} = "${value}"\n`).join("")) },
      { path: "vmware/govc.sh", bytes: utf8(`${govc(seed)}\n`) },
    ];
  },
};
