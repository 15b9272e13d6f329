# worker-debian-13-1.37.2-amd64 by vsphere-clone, rendered by kimg: change the role or the image, not this file.

variable "vcenter_server" {
  description = "Host name of vCenter."
  type        = string
}

variable "vcenter_username" {
  description = "User that builds."
  type        = string
}

variable "vcenter_password" {
  description = "Its password: set PKR_VAR_vcenter_password."
  type        = string
  default     = null
  sensitive   = true
}

variable "insecure_connection" {
  description = "True: vCenter's certificate is not checked."
  type        = bool
  default     = false
}

variable "datacenter" {
  description = "Where the machine is made."
  type        = string
}

variable "cluster" {
  description = "Cluster of the machine; this or `host` must be given."
  type        = string
  default     = null
}

variable "host" {
  description = "Host of the machine; in a cluster too where DRS is off."
  type        = string
  default     = null
}

variable "resource_pool" {
  description = "Resource pool of the machine; the cluster's own when not given."
  type        = string
  default     = null
}

variable "datastore" {
  description = "Datastore of the machine."
  type        = string
}

variable "folder" {
  description = "Folder of the machine and of the template."
  type        = string
  default     = null
}

variable "cpus" {
  description = "Processors of the machine."
  type        = number
  default     = 2
}

variable "memory" {
  description = "MiB of the machine's memory."
  type        = number
  default     = 2048
}

variable "template" {
  description = "Template to start from; it has UEFI, cloud-init and open-vm-tools."
  type        = string
}

variable "network" {
  description = "Network of the machine."
  type        = string
  default     = "VM Network"
}

variable "image_name" {
  description = "What the image is called."
  type        = string
  default     = "worker-debian-13-1.37.2-amd64"
}

variable "work_directory" {
  description = "Folder for what the build makes: its key, logs, and the image where it is a file."
  type        = string
  default     = "."
}

variable "debian_mirror" {
  description = "Takes the place of http://deb.debian.org while building."
  type        = string
  default     = ""
  sensitive   = true
}

variable "http_proxy" {
  description = "Proxy that the machine reaches Debian's archive through."
  type        = string
  default     = ""
  sensitive   = true
}

variable "upgrade_packages" {
  description = "Whether packages of the base are brought up to date."
  type        = bool
  default     = true
}

variable "ssh_timeout" {
  description = "How long the machine may take to come up."
  type        = string
  default     = "20m"
}

locals {
  unique_name = "${var.image_name}-${formatdate("YYYYMMDDhhmmss", timestamp())}"
}
