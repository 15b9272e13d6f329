// What Debian's installer is told: boot parameters typed into GRUB's command line, and answers to its questions, served by Packer.
// https://www.debian.org/releases/trixie/amd64/apb.en.html
import type { Image } from "../../../model.ts";
import { template } from "../template/template.ts";
import { buildUser } from "./builder.ts";

/** Served while the build runs. */
export const installerFolder = template("${var.work_directory}/installer");

/** The installer's CD starts GRUB under UEFI; its paths are those of Debian's netinst. */
export const installerBootCommand: readonly string[] = [
  "c<wait3s>",
  "linux /install.amd/vmlinuz auto=true priority=critical hostname=packer domain= ",
  "url=http://{{ .HTTPIP }}:{{ .HTTPPort }}/preseed.cfg ---<enter><wait>",
  "initrd /install.amd/initrd.gz<enter><wait>",
  "boot<enter>",
];

/** Debian's archive in two parts, as the installer asks for it: host, and folder. */
const mirrorOf = ({ sources }: Image): readonly [string, string] => {
  const [, host = "deb.debian.org", folder = "/debian"] =
    /^deb https?:\/\/([^/ ]+)(\/\S*)/.exec(sources[0] ?? "") ?? [];
  return [host, folder];
};

/** The address that the answers came from, which the key of the build comes from too. */
const lateCommand = [
  'from=$(debconf-get preseed/url); from="${from%/*}"',
  `mkdir -p /target/home/${buildUser}/.ssh`,
  `wget -q -O /target/home/${buildUser}/.ssh/authorized_keys "$from/authorized_keys"`,
  `in-target chown -R ${buildUser}:${buildUser} /home/${buildUser}/.ssh`,
  `in-target chmod 0700 /home/${buildUser}/.ssh`,
  `echo '${buildUser} ALL=(ALL) NOPASSWD:ALL' > /target/etc/sudoers.d/${buildUser}`,
].join("; ");

/** The package that asks: the installer, but for what it hands on. */
const ownerOf = (question: string): string =>
  ["tasksel", "popularity-contest"].find((owner) => question.startsWith(`${owner}/`)) ?? "d-i";

/** One partition that grows, no swap; a build user without a password. */
export const preseed = (image: Image, packages: readonly string[]): string => {
  const [host, folder] = mirrorOf(image);
  const answers: readonly (readonly [question: string, type: string, value: string])[] = [
    ["debian-installer/locale", "string", "C.UTF-8"],
    ["keyboard-configuration/xkb-keymap", "select", "us"],
    ["netcfg/choose_interface", "select", "auto"],
    ["mirror/country", "string", "manual"],
    ["mirror/http/hostname", "string", host],
    ["mirror/http/directory", "string", folder],
    ["mirror/http/proxy", "string", ""],
    ["mirror/suite", "string", image.suite],
    ["clock-setup/utc", "boolean", "true"],
    ["time/zone", "string", "Etc/UTC"],
    ["passwd/root-login", "boolean", "false"],
    ["passwd/user-fullname", "string", "Packer"],
    ["passwd/username", "string", buildUser],
    ["passwd/user-password-crypted", "password", "!"],
    ["partman-auto/method", "string", "regular"],
    [
      "partman-auto/expert_recipe",
      "string",
      "root :: 256 256 256 free $iflabel{ gpt } $reusemethod{ } method{ efi } format{ } . 2048 2048 -1 ext4 method{ format } format{ } use_filesystem{ } filesystem{ ext4 } mountpoint{ / } .",
    ],
    ["partman-auto/choose_recipe", "select", "root"],
    ["partman-basicfilesystems/no_swap", "boolean", "false"],
    ["partman-partitioning/choose_label", "select", "gpt"],
    ["partman-efi/non_efi_system", "boolean", "true"],
    ["partman/choose_partition", "select", "finish"],
    ["partman/confirm", "boolean", "true"],
    ["partman/confirm_nooverwrite", "boolean", "true"],
    ["apt-setup/cdrom/set-first", "boolean", "false"],
    ["tasksel/first", "multiselect", ""],
    ["pkgsel/include", "string", ["openssh-server", "sudo", "cloud-init", ...packages].join(" ")],
    ["pkgsel/upgrade", "select", "full-upgrade"],
    ["popularity-contest/participate", "boolean", "false"],
    ["finish-install/reboot_in_progress", "note", ""],
    ["preseed/late_command", "string", lateCommand],
  ];
  return answers
    .map(([question, type, value]) => `${ownerOf(question)} ${question} ${type} ${value}`.trimEnd())
    .join("\n")
    .concat("\n");
};
