# worker-debian-13-1.37.2-amd64 by amazon-ebs, rendered by kimg: change the role or the image, not this file.

variable "region" {
  description = "Where the machine runs and the AMI is made; AWS_REGION when not given."
  type        = string
  default     = null
}

variable "source_ami_name" {
  description = "Name of the AMI to start from, with wildcards."
  type        = string
  default     = "debian-13-amd64-*"
}

variable "instance_type" {
  description = "Of the machine."
  type        = string
  default     = "t3.large"
}

variable "disk_size" {
  description = "GiB of the root volume."
  type        = number
  default     = 8
}

variable "kms_key_id" {
  description = "Key that snapshots are encrypted with; the account's own for EBS when not given."
  type        = string
  default     = null
}

variable "ami_regions" {
  description = "Further regions that get a copy."
  type        = list(string)
  default     = []
}

variable "subnet_id" {
  description = "Subnet of the machine; one of the default VPC when not given."
  type        = string
  default     = null
}

variable "associate_public_ip_address" {
  description = "Whether the machine has a public address."
  type        = bool
  default     = true
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
