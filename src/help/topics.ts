// The pages of docs/ by the names that `kimg help` knows them by, in the order of the book. docs/README.md lists the same.

export interface Topic {
  readonly name: string;
  /** Below docs/. */
  readonly page: string;
  /** A section of the page; all of it when there is none. */
  readonly section?: string;
  readonly summary: string;
}

export const topics: readonly Topic[] = [
  { name: "quickstart", page: "quickstart.md", summary: "from nothing to a cluster" },
  { name: "concepts", page: "concepts.md", summary: "image, seed, role, trust: the words of this book" },
  { name: "secrets", page: "secrets.md", summary: "the cluster's trust: where it is, who holds what, how it is kept" },
  { name: "tools", page: "tools.md", summary: "looking: explain, diff, inspect, boot, doctor" },
  { name: "packer", page: "packer.md", summary: "how Packer builds the same images" },
  { name: "datasources", page: "datasources.md", summary: "the form of the seeds that each platform reads" },
  {
    name: "platforms",
    page: "platforms/README.md",
    summary: "what is the same on every platform, and how far each was tried",
  },
  { name: "libvirt", page: "platforms/libvirt.md", summary: "machines on libvirt and QEMU" },
  { name: "vmware", page: "platforms/vmware.md", summary: "machines on VMware vSphere" },
  { name: "proxmox", page: "platforms/proxmox.md", summary: "machines on Proxmox VE" },
  { name: "openstack", page: "platforms/openstack.md", summary: "machines on OpenStack" },
  { name: "ec2", page: "platforms/ec2.md", summary: "machines on Amazon EC2" },
  { name: "gce", page: "platforms/gce.md", summary: "machines on Google Compute Engine" },
  { name: "azure", page: "platforms/azure.md", summary: "machines on Azure" },
  { name: "hetzner", page: "platforms/hetzner.md", summary: "machines on Hetzner Cloud" },
  { name: "digitalocean", page: "platforms/digitalocean.md", summary: "machines on DigitalOcean" },
  { name: "vultr", page: "platforms/vultr.md", summary: "machines on Vultr" },
  { name: "bare-metal", page: "platforms/bare-metal.md", summary: "an image on a machine's own disk" },
  { name: "operation", page: "operation.md", summary: "access, tokens, replacing and recovering machines" },
  { name: "upgrade", page: "upgrade.md", summary: "another version of Kubernetes: what is there and what is not" },
  { name: "supply", page: "supply.md", summary: "where Kubernetes and its companions come from" },
  { name: "self-assembly", page: "self-assembly.md", summary: "how a cluster comes to be, phase by phase" },
  { name: "failures", page: "failures.md", summary: "what happens when something goes wrong" },
  { name: "cluster.yaml", page: "config.md", summary: "every field of cluster.yaml" },
  { name: "codes", page: "codes.md", summary: "every diagnostic code, with an example and the cure" },
  { name: "exit-codes", page: "cli.md", section: "Exit codes", summary: "what kimg's exit codes mean" },
  { name: "json", page: "cli.md", section: "JSON", summary: "what --json prints" },
  { name: "environment", page: "cli.md", section: "Environment", summary: "the environment variables that kimg reads" },
  { name: "library-use", page: "library-use.md", summary: "kimg from a program of your own" },
  { name: "architecture", page: "architecture.md", summary: "how kimg is made" },
];
