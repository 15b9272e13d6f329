# worker-debian-13-1.37.2-amd64 by openstack, rendered by kimg: change the role or the image, not this file.

variable "source_image_name" {
  description = "Image to start from, such as Debian's genericcloud."
  type        = string
}

variable "flavor" {
  description = "Of the machine."
  type        = string
}

variable "networks" {
  description = "UUIDs of the machine's networks; the project's own when not given."
  type        = list(string)
  default     = []
}

variable "floating_ip_network" {
  description = "Network that a floating address is taken from; none when not given."
  type        = string
  default     = null
}

variable "security_groups" {
  description = "They must let SSH in."
  type        = list(string)
  default     = ["default"]
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
