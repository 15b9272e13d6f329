// The key of one build, where the platform brings none to the machine: what makes it, and the seed that carries it.
import { stringify } from "yaml";
import type { FileTree, Image } from "../../model.ts";
import { type Builder, buildUser } from "./builders/builder.ts";
import { preseed } from "./builders/installer.ts";

/** https://docs.cloud-init.io/en/latest/reference/yaml_examples/user_groups.html: this is the user that keys of the meta-data are given to. */
const userData = `#cloud-config\n${stringify({
  user: { name: buildUser, gecos: "Packer", sudo: "ALL=(ALL) NOPASSWD:ALL", shell: "/bin/sh", lock_passwd: true },
  ssh_pwauth: false,
  disable_root: true,
})}`;

/** JSON is YAML too. The datasource of VMware erases what is named from the machine's settings once it was read. */
const newKey = `#!/bin/sh
# Makes the key of one build: the private one in key/, the public one where the machine finds it. new-key.sh [FOLDER], this folder when
# not given; FOLDER is what -var work_directory names. Remove key/ when the build is done.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=\${1:-$here}
umask 077
mkdir -p "$to/key"
rm -f "$to/key/id_ed25519" "$to/key/id_ed25519.pub"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$to/key/id_ed25519"
key=$(cut -d ' ' -f 1,2 "$to/key/id_ed25519.pub")
for folder in seed installer; do
  [ -d "$here/$folder" ] || continue
  mkdir -p "$to/$folder"
  [ "$to" = "$here" ] || cp "$here/$folder"/* "$to/$folder/"
done
[ ! -d "$to/seed" ] || printf '{"instance-id": "packer", "public-keys": ["%s"], "cleanup-guestinfo": ["userdata", "metadata"]}\\n' "$key" >"$to/seed/meta-data"
[ ! -d "$to/installer" ] || printf '%s\\n' "$key" >"$to/installer/authorized_keys"
`;

const text = (content: string, mode = 0o644) => ({ mode, bytes: Buffer.from(content) });

/** Files beside the template, by their paths. */
export const keyFiles = (builder: Builder, image: Image): FileTree => {
  if (builder.key === "platform") return new Map();
  return new Map([
    ["new-key.sh", text(newKey, 0o755)],
    builder.key === "seed"
      ? ["seed/user-data", text(userData)]
      : ["installer/preseed.cfg", text(preseed(image, builder.packages))],
  ]);
};
