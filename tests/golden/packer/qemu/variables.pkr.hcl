# worker-debian-13-1.37.2-amd64 by qemu, rendered by kimg: change the role or the image, not this file.

variable "base_image" {
  description = "Path or URL of the disk to start from, such as one of `kimg build --role base`."
  type        = string
}

variable "base_image_checksum" {
  description = "sha256: and hex digits, or none."
  type        = string
  default     = "none"
}

variable "disk_size" {
  description = "Of the new disk, not smaller than the base image's."
  type        = string
  default     = "8G"
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

variable "accelerator" {
  description = "kvm, tcg, hvf …; kvm where it works when not given."
  type        = string
  default     = null
}

variable "qemu_binary" {
  description = "QEMU's program."
  type        = string
  default     = "qemu-system-x86_64"
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
