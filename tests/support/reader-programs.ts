// The programs that read what kimg renders, beside what scripts of tests need: one list, so that one tools tree a suite serves all tests.
export const readerPrograms: readonly string[] = [
  ...["cloud-init", "netplan.io", "haproxy", "keepalived", "age", "genisoimage"],
  ...["dnsmasq-base", "iproute2", "util-linux", "sed", "grep", "mawk", "diffutils"],
];
