# worker-debian-13-1.37.2-amd64 by proxmox-clone, rendered by kimg: change the role or the image, not this file.

variable "node" {
  description = "Node of Proxmox VE that the machine runs on."
  type        = string
}

variable "storage_pool" {
  description = "Storage of the disks."
  type        = string
  default     = "local-lvm"
}

variable "bridge" {
  description = "Bridge of the machine's network."
  type        = string
  default     = "vmbr0"
}

variable "pool" {
  description = "Resource pool of the machine."
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

variable "cpu_type" {
  description = "Model of the processor."
  type        = string
  default     = "x86-64-v2-AES"
}

variable "insecure_skip_tls_verify" {
  description = "True: the certificate of Proxmox VE is not checked."
  type        = bool
  default     = false
}

variable "clone_vm" {
  description = "Template to start from; it has cloud-init, its drive, and the guest agent."
  type        = string
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
