// The last step of provisioning: what belongs to one machine or to the build goes, so that an image holds nothing secret and its first
// boot makes what is each machine's own. `checks` says the same about a finished disk.
import type { ProvisioningStep } from "../../model.ts";

/**
 * A shell script. An empty /etc/machine-id is what machine-id(5) wants of an image: systemd fills it in at boot. `more` names further
 * files that are not to stay.
 */
export const sealScript = (more: readonly string[] = []): string => `#!/bin/sh
set -eu
: > /etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/hostname${more.map((path) => ` ${path}`).join("")} /etc/ssh/ssh_host_* /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- \\
  /etc/subuid- /etc/subgid- /etc/.pwd.lock /var/lib/systemd/random-seed /var/lib/systemd/credential.secret \\
  /etc/apt/apt.conf.d/99mmdebstrap /etc/dpkg/dpkg.cfg.d/99mmdebstrap /var/lib/dpkg/*-old /var/cache/debconf/*-old \\
  /var/cache/ldconfig/aux-cache /var/cache/apt/*.bin /root/.bash_history /root/.lesshst
ln -sfn ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
rm -rf /var/lib/cloud /var/log/journal /var/lib/apt/lists /var/cache/apt/archives /var/tmp
mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial
mkdir -m 1777 /var/tmp
find /var/log -type f -delete
# What depends on /usr is up to date: a first boot need not do it again (systemd-update-done.service(8)).
touch /usr /etc/.updated /var/.updated
`;

/** The disk gets an /etc/fstab of its own. */
export const sealStep: ProvisioningStep = { source: "seal", script: sealScript(["/etc/fstab"]) };
