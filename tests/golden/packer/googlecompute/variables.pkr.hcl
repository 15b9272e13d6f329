# worker-debian-13-1.37.2-amd64 by googlecompute, rendered by kimg: change the role or the image, not this file.

variable "project_id" {
  description = "Project that the image is made in."
  type        = string
}

variable "zone" {
  description = "Where the machine runs, such as europe-west1-b."
  type        = string
}

variable "source_image_family" {
  description = "Family of the image to start from."
  type        = string
  default     = "debian-13"
}

variable "machine_type" {
  description = "Of the machine."
  type        = string
  default     = "e2-standard-2"
}

variable "disk_size" {
  description = "GB of the disk."
  type        = number
  default     = 10
}

variable "network" {
  description = "Network of the machine; `default` when not given."
  type        = string
  default     = null
}

variable "subnetwork" {
  description = "Subnetwork of the machine."
  type        = string
  default     = null
}

variable "private" {
  description = "Whether the machine has no public address and is reached from its own network."
  type        = bool
  default     = false
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
