# worker-debian-13-1.37.2-amd64 by virtualbox-ovf, rendered by kimg: change the role or the image, not this file.

variable "source_path" {
  description = "Path or URL of the OVF or OVA to start from; it has cloud-init."
  type        = string
}

variable "source_checksum" {
  description = "sha256: and hex digits, or none."
  type        = string
  default     = "none"
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
