// What provisioning is, whatever runs it: which scripts in which order, what they may read, and how packages are installed. The embedded
// engine runs it in a root file system, Packer in a machine.
import type { BuildRequest, ProvisioningStep } from "../model.ts";
import { suppliedOrigin } from "../supply/apt-repository.ts";

/** The image's, then the role's; what seals comes after them. */
export const contentSteps = ({ image, role }: BuildRequest): readonly ProvisioningStep[] => [
  ...image.steps,
  ...role.steps,
];

/** What each provisioning step may read; documented in images/common/steps/10-system.sh. `sandboxImage`: empty for a role without pods. */
export const stepEnvironment = (request: BuildRequest, sandboxImage: string): Record<string, string> => ({
  KIMG_IMAGE: request.image.name,
  KIMG_SUITE: request.image.suite,
  KIMG_ARCHITECTURE: request.architecture,
  KIMG_ROLE: request.role.name,
  KIMG_BOOTSTRAP: request.role.bootstrap,
  KIMG_KUBERNETES_VERSION: request.kubernetes.version,
  KIMG_COMPONENTS: request.role.components.join(" "),
  KIMG_UNITS: request.role.units.join(" "),
  KIMG_SANDBOX_IMAGE: sandboxImage,
  SOURCE_DATE_EPOCH: String(request.epoch),
});

export interface InstallPlaces {
  /** Absolute folder, inside, with the supply's packages. */
  readonly packages: string;
  /** Absolute folder, inside, that takes the place of the distribution's archive where it is there. */
  readonly archive: string;
  /** File, inside, with further certificate authorities where it is there. */
  readonly certificates: string;
}

/**
 * A shell script that installs the packages that are its arguments. The supply's win over the distribution's of the same name. The archive
 * is asked again only when it no longer has what it had when the base was made; a local one is asked at once.
 */
export const installScript = ({ packages, archive, certificates }: InstallPlaces): string => `set -eu
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d /etc/apt/sources.list.d/kimg.list /etc/apt/preferences.d/kimg' EXIT
echo 'deb [trusted=yes] copy:${packages} ./' > /etc/apt/sources.list.d/kimg.list
printf 'Package: *\\nPin: release o=${suppliedOrigin}\\nPin-Priority: 1001\\n' > /etc/apt/preferences.d/kimg
[ ! -e ${certificates} ] || set -- -o Acquire::https::CAInfo=${certificates} "$@"
set -- -q -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-confdef "$@"
apt-get update -o Dir::Etc::sourcelist=sources.list.d/kimg.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 \\
  -o APT::Sandbox::User=root
[ ! -d ${archive} ] || apt-get update -o APT::Sandbox::User=root
apt-get install --yes --no-install-recommends "$@" || { apt-get update && apt-get install --yes --no-install-recommends "$@"; }`;

/** A shell script that prints where every installed package comes from. Its argument: a pattern of those that the lock has already. */
export const recordScript = (archive: string): string => `set -eu
[ ! -d ${archive} ] || apt-get update -q -o APT::Sandbox::User=root >&2
dpkg-query --show --showformat '\${Package}:\${Architecture}=\${Version}\\n' > /run/installed
grep -v -E "^($1):" /run/installed | LC_ALL=C sort | xargs apt-get download --print-uris`;

/** The argument of `recordScript`. */
export const namePattern = (names: readonly string[]): string =>
  names.map((name) => name.replaceAll(/[.+]/g, "\\$&")).join("|");
