// NoCloud's files on an HTTP server, for machines that boot from the network. Where they are stands on the kernel's command line or in the
// serial number that a virtual machine's SMBIOS has; no secret does.
import { base64, utf8 } from "../bytes.ts";
import type { Datasource, Seed } from "./datasource.ts";
import { nocloudFiles } from "./nocloud.ts";

/** Bytes: x86's COMMAND_LINE_SIZE, https://github.com/torvalds/linux/blob/master/arch/x86/include/asm/setup.h. */
const commandLineLimit = 2048;

/**
 * What leads cloud-init to files at a URL with a slash at its end. Without `dsmode` 22.4 (Debian 12) takes the seed for one of the stage
 * before the network, and does nothing with it; the name `nocloud-net`, which says the same, is deprecated since 24.1
 * (https://github.com/canonical/cloud-init/blob/25.1.4/cloudinit/sources/DataSourceNoCloud.py, load_cmdline_data and ds_detect).
 */
export const nocloudAt = (url: string): string => `ds=nocloud;dsmode=net;s=${url}`;

const source = ({ seedUrl = "", node }: Seed): string => nocloudAt(`${seedUrl}${node.name}/nocloud-http/`);

/**
 * The network is needed before the seed can be fetched, and 22.4 fetches no network-config at all; cloud-init takes it from here before
 * anything else (cloudinit/net/cmdline.py, read_kernel_cmdline_config).
 */
const commandLine = (seed: Seed): string => `${source(seed)} network-config=${base64(seed.networkConfig)}`;

export const nocloudHttp: Datasource = {
  name: "nocloud-http",
  files: (seed) => {
    const line = utf8(`${commandLine(seed)}\n`);
    // Asked for ten times where there is none: it is there, and empty.
    const files = [...nocloudFiles(seed), { name: "vendor-data", bytes: utf8("") }];
    return [
      ...files.map(({ name, bytes }) => ({ path: `nocloud-http/${name}`, bytes })),
      {
        path: "nocloud-http.cmdline",
        bytes: line,
        budget: { limit: commandLineLimit, what: "the kernel's command line", compressed: false },
      },
      { path: "nocloud-http.serial", bytes: utf8(`${source(seed)}\n`) },
    ];
  },
};
