#!/bin/bash
# Makes what stands in for the internet in a lab that has no way out: one folder for each host that machines ask.
#   upstream.sh identity UPSTREAM             the hosts' certificate, and the key that signs the packages
#   upstream.sh packages UPSTREAM ROOT SUITE  Docker, from Debian's packages, downloaded and not installed, for the image in ROOT,
#                                             which trusts that certificate and that key from then on
set -euo pipefail

command=$1 upstream=$2
shift 2
gnupg=$upstream/.gnupg
# The region of Oracle's cloud in which machines ask for secrets.
oracle=us-ashburn-1

sign() { gpg --homedir "$gnupg" --batch --quiet --yes "$@"; }

# repository FOLDER SUITE COMPONENT: the packages in FOLDER/pool as a signed repository, as apt wants it.
repository() (
  local suite=$2 component=$3 architecture
  architecture=$(dpkg --print-architecture)
  cd "$1"
  mkdir -p "dists/$suite/$component/binary-$architecture"
  apt-ftparchive packages pool >"dists/$suite/$component/binary-$architecture/Packages"
  local release=APT::FTPArchive::Release
  apt-ftparchive -o "$release::Suite=$suite" -o "$release::Codename=$suite" -o "$release::Components=$component" \
    -o "$release::Architectures=$architecture" release "dists/$suite" >"$gnupg/Release"
  sign --output "dists/$suite/InRelease" --clearsign "$gnupg/Release"
)

# renamed PACKAGE-FILE NEW-PACKAGE-FILE NAME: Debian's build of a program under the name that its maker gives it, with which it may not be
# installed under its own.
renamed() {
  local files=$gnupg/$3
  dpkg-deb --raw-extract "$1" "$files"
  sed -i -E -e "s/^Package: .*/Package: $3/" -e '/^(Conflicts|Breaks|Replaces):/d' "$files/DEBIAN/control"
  dpkg-deb -Znone --build "$files" "$2" >/dev/null
  rm "$1"
}

# empty PACKAGE-FILE NAME DEPENDENCY: a package that only needs another one.
empty() {
  local files=$gnupg/$2
  mkdir -p "$files/DEBIAN"
  printf '%s\n' "Package: $2" 'Version: 1' "Architecture: $(dpkg --print-architecture)" "Depends: $3" \
    'Maintainer: the lab <lab@localhost>' "Description: stands in for Docker's" >"$files/DEBIAN/control"
  dpkg-deb --build "$files" "$1" >/dev/null
}

identity() {
  mkdir -p "$upstream"
  install -d -m 0700 "$gnupg"
  sign --passphrase '' --quick-generate-key lab default default never
  # Its own authority, which the machines trust.
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=lab \
    -addext "subjectAltName=DNS:download.docker.com,DNS:registry.lab,DNS:*.$oracle.oraclecloud.com,DNS:*.$oracle.oci.oraclecloud.com" \
    -keyout "$upstream/key.pem" -out "$upstream/certificate.pem" 2>/dev/null
}

packages() {
  local file name root=$1 suite=$2 debian=$upstream/deb.debian.org/debian docker=$upstream/download.docker.com/linux/debian
  mkdir -p "$debian/pool" "$docker/pool"
  rm -f "$root"/var/cache/apt/archives/*.deb
  APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get --quiet=2 --yes --no-install-recommends --download-only install docker.io >/dev/null
  # Without versions, which have letters that a URL writes in another way.
  for file in "$root"/var/cache/apt/archives/*.deb; do
    name=${file##*/}
    mv "$file" "$debian/pool/${name%%_*}.deb"
  done
  renamed "$debian/pool/docker.io.deb" "$docker/pool/docker-ce.deb" docker-ce
  empty "$docker/pool/docker-ce-cli.deb" docker-ce-cli docker-ce
  empty "$docker/pool/containerd.io.deb" containerd.io containerd
  repository "$debian" "$suite" main
  repository "$docker" "$suite" stable
  sign --armor --export >"$docker/gpg"
  cp "$docker/gpg" "$root/etc/apt/trusted.gpg.d/lab.asc"
  # A mirror with a key of its own: the machine's owner says so, as its fingerprint is not Docker's.
  mkdir -p "$root/etc/apt/keyrings"
  cp "$docker/gpg" "$root/etc/apt/keyrings/docker.asc"
  # Debian's first line; updates and security have hosts and folders of their own, which the lab has not.
  sed -i -n 1p "$root/etc/apt/sources.list"
  install -m 0644 "$upstream/certificate.pem" "$root/usr/local/share/ca-certificates/lab.crt"
  chroot "$root" update-ca-certificates >/dev/null
  gpgconf --homedir "$gnupg" --kill all
  rm -r "$gnupg"
}

"$command" "$@"
