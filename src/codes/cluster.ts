// What can be wrong with what a cluster.yaml means: names, addresses, networks, who makes the cluster and who carries its endpoint.
import type { CodeEntries } from "./entry.ts";

export const nodeCodes = {
  "image/role": {
    meaning: "The node's image does not carry the node's role.",
    cure: "Choose one of the images that do, or another role.",
  },
  "masters/even": {
    meaning: "An even number of masters bears the loss of no more of them than one less would: etcd needs a majority.",
    cure: "Make it 3 or 5, or 1.",
  },
  "masters/no-address": {
    meaning: "A load balancer passes connections to the masters by their addresses, and one of them has none.",
    cure: "Make each master a node with an `address`, or use a load balancer of your own.",
  },
  "masters/no-init": {
    meaning: "No node makes the cluster: all would wait for one that never comes.",
    cure: "Give one node the role `master-init`, or write `clusterState: existing` when the cluster runs already.",
  },
  "masters/two-init": {
    meaning: "More than one machine would make a cluster, and two would come up behind one endpoint.",
    cure: "Keep one `master-init`; the others get the role `master-join`.",
  },
  "node/bad-address": {
    meaning: "The text is not an IP address.",
    cure: "Write an address without prefix length, such as `10.0.0.21`: the length is that of `network.nodes`.",
  },
  "node/bad-label": {
    meaning: "Kubernetes does not take a label of this form.",
    cure: "Use `NAME` or `DOMAIN/NAME`; name and value have at most 63 letters, digits, `-`, `_` and `.`.",
  },
  "node/bad-mac": {
    meaning: "No network interface can have this address.",
    cure: "Take the one that the machine's firmware or hypervisor shows.",
  },
  "node/bad-taint": {
    meaning: "Kubernetes does not take a taint of this form.",
    cure: "Write `{ key: NAME, value: TEXT, effect: NoSchedule }`; key and value are formed as those of labels are.",
  },
  "node/duplicate-address": {
    meaning: "Two machines have the same address.",
    cure: "Give one of them another.",
  },
  "node/duplicate-mac": {
    meaning: "Two machines have the same MAC address.",
    cure: "Correct the one that is wrong.",
  },
  "node/duplicate-name": {
    meaning: "Two nodes or pools have the same name.",
    cure: "Give one of them another: Kubernetes and etcd know machines by name.",
  },
  "node/forbidden-label": {
    meaning:
      "A kubelet may not give its own node a label of these domains (the NodeRestriction admission plugin), and would not start with it.",
    cure: "Use a domain of your own or `node.kubernetes.io/`, or set it with `kubectl label` once the node is there.",
  },
  "node/no-kubelet": {
    meaning: "A load balancer is no node of Kubernetes: labels and taints do nothing there.",
    cure: "Remove them.",
  },
  "node/no-node-role": {
    meaning: "The role is one that images are made of, and no node of a cluster.",
    cure: "Give the node a role that makes or joins a cluster, or serves its endpoint.",
    example: "the role base is no node of a cluster",
  },
  "node/one-family": {
    meaning: "In a dual-stack cluster a node with an address needs one of each family.",
    cure: "Write `address: [IPV4, IPV6]`.",
  },
  "node/outside-network": {
    meaning: "The node's address does not lie in `network.nodes`.",
    cure: "Correct the address, or the network.",
  },
  "node/reserved-name": {
    meaning: "The name means something else to every program.",
    cure: "Choose another name.",
  },
  "node/same-family": {
    meaning: "A node has one address, or one of each family.",
    cure: "Remove one of the two.",
  },
  "node/special-address": {
    meaning:
      "No machine can have this address: it is the first or last of its network, a multicast address, or one that means the machine itself.",
    cure: "Take another.",
  },
  "node/unknown": {
    meaning: "The command names a node or pool that `cluster.yaml` does not have.",
    cure: "Take one of the names that the hint lists.",
    example: 'cluster.yaml has no node or pool "cp9"; did you mean "cp1"?',
  },
  "node/unknown-image": {
    meaning: "No library has an image of this name.",
    cure: "Correct the name, or give the library that has it with `--library`.",
  },
  "node/unknown-role": {
    meaning: "No library has a role of this name.",
    cure: "Correct the name, or give the library that has it with `--library`.",
  },
  "roles/unused": {
    meaning: "Settings are given for a role that no node has.",
    cure: "Correct the role's name, or remove the settings.",
  },
} as const satisfies CodeEntries;

export const platformCodes = {
  "platform/no-mac": {
    meaning:
      "A config-drive names a network interface by its MAC address alone, and a node with an `address` has none.",
    cure: "Give the node `mac`, or leave its address to DHCP.",
  },
  "platform/no-seed-url": {
    meaning: "Seeds are served over HTTP, and nothing says where.",
    cure: "Write `platform.seedUrl`: the URL below which the rendered tree will be served.",
  },
  "platform/no-vmware-tools": {
    meaning: "On VMware cloud-init gets its seed through programs of open-vm-tools, and the image has none of them.",
    cure: "Add `open-vm-tools` to `packages` of the image or of the role.",
  },
  "platform/seed-url-unused": {
    meaning: "`platform.seedUrl` is there, and no seed is served over HTTP.",
    cure: "Remove it, or add `nocloud-http` to `platform.datasource`.",
  },
  "platform/vrrp": {
    meaning: "Networks of clouds deliver no multicast, and let no machine answer for an address that is not its own.",
    cure: "Take the cloud's load balancer as the endpoint, or have its network give the address to the load balancers.",
  },
} as const satisfies CodeEntries;

export const endpointCodes = {
  "endpoint/bad-host": {
    meaning: "`endpoint.host` is neither an IP address nor a DNS name that all nodes could reach.",
    cure: "Write the address or the name alone; the port is a key of its own.",
  },
  "endpoint/inside-cluster": {
    meaning:
      "The endpoint lies in a network that exists inside of the cluster only, so nobody reaches it before there is a cluster.",
    cure: "Take an address of the nodes' network, or move the pods' or services' network.",
  },
  "endpoint/load-balancer-address": {
    meaning: "A load balancer can serve an endpoint that is an address only when it has an address of its own.",
    cure: "Make each load balancer a node with an `address`, or make the endpoint a DNS name.",
  },
  "endpoint/missing": {
    meaning: "Nothing says where the nodes reach the Kubernetes API.",
    cure: "Write `endpoint: { host: ADDRESS }`: a load balancer's address, a free one that the load balancers share, or a DNS name.",
  },
  "endpoint/no-load-balancer": {
    meaning: "`loadBalancer` says how load balancers share an address, and the cluster has none.",
    cure: "Remove it, or add the load balancers.",
  },
  "endpoint/nobody": {
    meaning: "The endpoint is a free address of the nodes' network that none of the cluster's machines has or shares.",
    cure: "Add load balancers, or make sure that something of yours answers there and passes on to the masters.",
  },
  "endpoint/not-load-balancer": {
    meaning: "The endpoint is the address of a machine that does not pass connections on to the masters.",
    cure: "Use a free address of the nodes' network, or a load balancer's.",
  },
  "endpoint/one-load-balancer": {
    meaning: "The endpoint is the address of one of several load balancers: the others never get a connection.",
    cure: "Use a free address of the nodes' network; the load balancers share it by VRRP.",
  },
  "endpoint/one-master": {
    meaning: "The endpoint is the address of one master: when that one is down, the cluster cannot be reached.",
    cure: "Add load balancers, or use one of your own.",
  },
  "endpoint/outside-network": {
    meaning: "The load balancers should share an address that is not in their network.",
    cure: "Use a free address of `network.nodes`, or a load balancer's own.",
  },
  "endpoint/port": {
    meaning: "The endpoint is a master itself, and its API server listens on 6443.",
    cure: "Remove the port, or add a load balancer.",
  },
  "endpoint/taken": {
    meaning:
      "The endpoint is an address that belongs to something else: the gateway, a name server, the network itself.",
    cure: "Take a free one.",
  },
} as const satisfies CodeEntries;

export const networkCodes = {
  "network/bad-cidr": {
    meaning: "The text is not a network.",
    cure: "Write a CIDR: the first address and the prefix length, such as `10.0.0.0/24`.",
  },
  "network/bad-dns": {
    meaning: "A name server is given by something that the nodes cannot ask.",
    cure: "Write the IP address of a server that all nodes reach.",
  },
  "network/bad-domain": {
    meaning: "The cluster's domain is not a DNS name.",
    cure: "Use lower-case letters, digits and `-` between dots, such as `cluster.local`.",
  },
  "network/bad-gateway": {
    meaning: "The gateway is not an address that the nodes can reach and that is nobody else's.",
    cure: "Write the address of the router in `network.nodes`.",
  },
  "network/family": {
    meaning: "The three networks do not have the same families, or not in the same order.",
    cure: "Give nodes, pods and services the same families; the first is the primary.",
  },
  "network/host-bits": {
    meaning: "The text is an address inside of a network, not the network.",
    cure: "Write the network's first address, as the hint does.",
  },
  "network/missing-nodes": {
    meaning: "A node has an address, and nothing says which network it lies in.",
    cure: "Write `network: { nodes: CIDR }`.",
  },
  "network/no-gateway": {
    meaning: "Machines with addresses of their own ask no DHCP server, so they will have no default route.",
    cure: "Write `network: { gateway: ADDRESS }`, unless the nodes shall reach only their own network.",
  },
  "network/no-name-server": {
    meaning:
      "Machines with addresses of their own ask no DHCP server, so they will have no name server; CoreDNS stops without one.",
    cure: "Write `network: { dns: [ADDRESS] }`.",
  },
  "network/overlap": {
    meaning: "Two of the cluster's networks share addresses.",
    cure: "Give one of them a network that no other has, and that nothing around the cluster uses.",
  },
  "network/pods-too-large": {
    meaning: "The pods' network is larger than Kubernetes can hand out.",
    cure: "Make it at most 16 bits larger than each node's part of it.",
  },
  "network/pods-too-small": {
    meaning: "The pods' network has not enough parts for all nodes.",
    cure: "Make it as large as the hint says, or larger: it cannot be changed later.",
  },
  "network/same-family": {
    meaning: "Two networks of one family are no dual stack.",
    cure: "Write one IPv4 and one IPv6 network.",
  },
  "network/services-too-large": {
    meaning: "The services' network is larger than the API server takes.",
    cure: "Make it a `/12` or smaller for IPv4, a `/108` or smaller for IPv6.",
  },
  "network/services-too-small": {
    meaning: "The services' network has not enough addresses for Kubernetes' own services.",
    cure: "Make it a `/28` or larger.",
  },
} as const satisfies CodeEntries;

export const kubernetesCodes = {
  "certificates/renewal": {
    meaning: "The masters' certificates would be renewed too late, or all the time.",
    cure: "Leave at least an hour, and less than the certificates' life.",
  },
  "etcd/snapshots": {
    meaning: "Snapshots of etcd would be taken too often or too seldom.",
    cure: "Write between `10m` and `31d`.",
  },
  "etcd/upload": {
    meaning: "The program that takes snapshots away is started without a shell and without a search path.",
    cure: "Write its absolute path, then its arguments, each an item of the list.",
  },
  "kubernetes/bad-version": {
    meaning: "The text is not an exact version of Kubernetes: which one it means would change with time.",
    cure: "Write a version such as `1.37.2`; the hint lists those that there are.",
  },
  "kubernetes/known-bug": {
    meaning: "This version has a bug that a cluster made by kimg can meet.",
    cure: "Take the version that mends it, or do what the hint says.",
  },
  "kubernetes/mirror-unused": {
    meaning: "A mirror is named, and the supply is another.",
    cure: "Write `from: mirror`, or remove the mirror.",
  },
  "kubernetes/no-mirror": {
    meaning: "The supply is a mirror, and nothing says which.",
    cure: "Write `mirror: DIR`; `kimg mirror create DIR` makes it.",
  },
  "kubernetes/unknown-version": {
    meaning: "kimg has no supply of this version: its companions and their digests are not known.",
    cure: "Take one of the versions that the hint lists.",
  },
  "manifest/empty": {
    meaning: "A manifest holds no Kubernetes object.",
    cure: "Remove it from the list, or name the right file.",
  },
  "manifest/no-effect": {
    meaning: "Manifests are applied by the node that makes the cluster, and no node of this file does.",
    cure: "Apply them with kubectl to the cluster that is there.",
  },
  "manifest/no-name": {
    meaning: "An object has no `metadata.name`, which `kubectl apply` needs.",
    cure: "Name it; a chart or another template must be made a manifest first (`helm template`).",
  },
  "manifest/not-an-object": {
    meaning: "A document of a manifest has no `apiVersion` and `kind`.",
    cure: "Name a file that `kubectl apply -f` takes.",
  },
  "manifest/twice": {
    meaning: "The same file would be applied twice.",
    cure: "Name it once.",
  },
  "manifest/url": {
    meaning: "A manifest is an address on the network: what it gives can be another thing tomorrow.",
    cure: "Download it, look at it, and name the file.",
  },
} as const satisfies CodeEntries;

export const programCodes = {
  "program/cloud-init": {
    meaning:
      "The cloud-init of the node's image refuses what is rendered for it, by its own schema (`kimg check --with-programs`).",
    cure: "Correct the field that is shown; cloud-init's module reference says what it takes.",
    example: "cloud-init refuses this: 3 is not of type 'string'",
  },
  "program/haproxy": {
    meaning:
      "The HAProxy of the node's image refuses its configuration, or warns of it (`kimg check --with-programs`). It was asked among the files that image, role and seed bring; what a provisioning step makes is not there.",
    cure: "Correct the line that is shown; HAProxy's configuration manual says what it takes.",
    example: "HAProxy refuses this: unknown keyword 'modee'",
  },
  "program/kubeadm": {
    meaning: "The kubeadm of the cluster's version refuses what is rendered for it (`kimg check --with-programs`).",
    cure: "Correct the field that is shown; the reference of `kubeadm.k8s.io/v1beta4`, `kubelet.config.k8s.io/v1beta1` or `kubeproxy.config.k8s.io/v1alpha1` says what it takes.",
    example: 'kubeadm refuses this: unknown field "apiServer.extraArg"; did you mean "extraArgs"?',
  },
  "program/not-asked": {
    meaning:
      "An image.yaml has fields for Packer, and `kimg check --with-programs` had no Packer, or not the plugin, to ask about them.",
    cure: "Install Packer, let it fetch the plugin, or leave the question to `packer validate` where images are built.",
    example: "warning: Packer was not asked about this: failed while looking for Packer: no program `packer`",
  },
  "program/packer": {
    meaning:
      "Packer refuses a source that `kimg packer` writes, for a field of `packer.source` in an image.yaml (`kimg check --with-programs`).",
    cure: "Correct the field that is shown; the documentation of the builder's plugin says what it takes.",
    example: "Packer refuses this: a number is required",
  },
} as const satisfies CodeEntries;

export const passThroughCodes = {
  "cloud-config/bad-file": {
    meaning: "An item of `write_files` is not what cloud-init writes a file from.",
    cure: "Write a map with an absolute `path`.",
  },
  "cloud-config/not-a-list": {
    meaning: "cloud-init takes a list here.",
    cure: "Write a list, also for a single item.",
  },
  "cloud-config/unknown-key": {
    meaning: "cloud-init has no module that reads this key, and would ignore it.",
    cure: "Correct it; cloud-init's module reference has all of them.",
  },
  "pass-through/arguments": {
    meaning: "From `kubeadm.k8s.io/v1beta4` on, arguments are a list, since one may be given several times.",
    cure: "Write each as `- { name: NAME, value: TEXT }`.",
  },
  "pass-through/no-effect": {
    meaning: "Nothing reads this setting on the nodes that it is written for.",
    cure: "Move it to where the hint says, or remove it.",
  },
  "pass-through/owned": {
    meaning: "The field is made from `cluster.yaml` by kimg: a second source could only contradict it.",
    cure: "Remove it, and write what the hint names instead.",
  },
  "pass-through/owned-file": {
    meaning: "The file is made by kimg or kubeadm.",
    cure: "Remove it from `write_files`; `kubeadm`, `kubelet` and the like change what is in it.",
  },
  "pass-through/patches": {
    meaning: "kubeadm has one folder of patches, and kimg carries the kubelet's settings of roles and nodes in it.",
    cure: "Remove `patches`, or write `kubelet` at the top of the document only.",
  },
} as const satisfies CodeEntries;
