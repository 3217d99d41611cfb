#!/bin/sh
# Makes the demo guest image: a Debian cloud kernel and a small initramfs (busybox, dropbear, QEMU guest agent).
#
# Usage: scripts/guest-image.sh OUTDIR
#
# Leaves kernel, initrd and image.json (what `minivirt` reads) in OUTDIR/<version>/ of the image `shepherd/demo:1`.
# Needs no root: packages are downloaded and unpacked, never installed. Does nothing when the image in OUTDIR was
# made from the same script and sources. Needs apt-get, dpkg-deb, cpio and, only to download, a Debian mirror.
set -eu

name=shepherd/demo:1
# With less the kernel finds no room for the root; measured, in bytes (96 MiB).
min_memory=100663296
packages="busybox-static dropbear-bin e2fsprogs qemu-guest-agent"
# What the dynamically linked programs above need.
libraries="libc6 libcrypt1 libtomcrypt1 libtommath1 libgmp10 zlib1g libext2fs2 libcom-err2 libblkid1 libuuid1
    libglib2.0-0 libpcre2-8-0 libnuma1 libudev1 liburing2"
programs="usr/sbin/dropbear sbin/mke2fs usr/sbin/qemu-ga"

[ $# = 1 ] || { sed -n '3,4s/^# *//p' "$0" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../crates/minivirt/guest" && pwd)
script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

for tool in apt-get dpkg-deb cpio sha256sum; do
    command -v "$tool" >/dev/null || { echo "guest-image: $tool is missing; install it first" >&2; exit 1; }
done

stamp=$( (cat "$script"; cd "$source"; find . -type f ! -name '*.md' | LC_ALL=C sort | while read -r f; do
    echo "$f"; cat "$f"; done) | sha256sum | cut -c1-64)
if [ -f "$out/image.json" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
    echo "guest-image: $name is up to date in $out"
    exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/guest-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs" "$work/x" "$work/root"
# apt drops to the user _apt for downloads; it must be able to write there.
chmod 755 "$work" && chmod 777 "$work/debs"

# The machine's own package lists, if they are good; else lists of our own, which need no root.
private="-o Dir::State=$work/apt -o Dir::State::lists=$work/apt/lists -o Dir::Cache=$work/apt/cache"
apt_options=
fetch() {
    kernel=$(apt-cache $apt_options depends linux-image-cloud-amd64 2>/dev/null |
        sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
    [ -n "$kernel" ] || return 1
    (cd "$work/debs" && apt-get $apt_options -q download "$kernel" $packages $libraries >"$work/apt.log" 2>&1)
}
echo "guest-image: downloading packages"
if ! fetch; then
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
    cp /var/lib/dpkg/status "$work/apt/status"
    apt_options="$private -o Dir::State::status=$work/apt/status -o APT::Sandbox::User=root"
    apt-get $apt_options -q update >"$work/apt.log" 2>&1 && fetch || {
        cat "$work/apt.log" >&2
        echo "guest-image: the packages could not be downloaded (see above)" >&2
        exit 1
    }
fi
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/x"; done

echo "guest-image: building"
root=$work/root
mkdir -p "$root/bin" "$root/sbin" "$root/usr/bin" "$root/usr/sbin" "$root/lib/modules" "$root/var/log" "$root/home"
cp -R "$source/rootfs/." "$root/"
chmod +x "$root/init" "$root"/usr/lib/guest/* "$root"/usr/share/udhcpc/* "$root"/etc/acpi/PWRF/*
cp "$work/x/bin/busybox" "$root/bin/busybox" 2>/dev/null || cp "$work/x/usr/bin/busybox" "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s /bin/busybox "$root/bin/$applet"
done
for applet in init getty; do ln -s /bin/busybox "$root/sbin/$applet"; done

# Programs, and the libraries that the dynamic loader says they need.
loader=$(find "$work/x" -name 'ld-linux-x86-64.so.2' | head -n 1)
libdirs=$work/x/lib/x86_64-linux-gnu:$work/x/usr/lib/x86_64-linux-gnu
mkdir -p "$root/lib/x86_64-linux-gnu" "$root/lib64"
cp -L "$loader" "$root/lib64/ld-linux-x86-64.so.2"
for program in $programs; do
    file=$work/x/$program
    [ -f "$file" ] || file=$work/x/usr/$program
    cp "$file" "$root/usr/sbin/"
    "$loader" --library-path "$libdirs" --list "$file" | sed -n 's/^[ \t]*lib.* => \(.*\) (0x.*/\1/p' |
        while read -r lib; do cp -L "$lib" "$root/lib/x86_64-linux-gnu/"; done
done

number=10
grep -v '^#' "$source/modules.list" | while read -r module; do
    file=$(find "$work/x" -path '*/modules/*' \( -name "$module.ko" -o -name "$module.ko.xz" \) | head -n 1)
    [ -n "$file" ] || continue
    target=$root/lib/modules/$number-$module.ko
    case "$file" in *.xz) xz -dc "$file" >"$target" ;; *) cp "$file" "$target" ;; esac
    number=$((number + 1))
done

# Same input, same bytes: names sorted, owner root, one time stamp. Not compressed: unpacking would cost an emulated
# processor half a second a boot.
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) >"$work/initrd"
cp "$work/x"/boot/vmlinuz-* "$work/kernel"

sum() { sha256sum "$1" | cut -c1-64; }
# nokaslr: the kernel would complain on the screen that a small guest leaves no room to move it.
cat >"$work/image.json" <<JSON
{
  "name": "$name",
  "minMemory": $min_memory,
  "kind": "kernel",
  "kernel": "kernel",
  "kernelSha256": "$(sum "$work/kernel")",
  "initrd": "initrd",
  "initrdSha256": "$(sum "$work/initrd")",
  "commandLine": "console=tty0 console=ttyS0 quiet nokaslr"
}
JSON
echo "$stamp" >"$work/stamp"
# image.json last: a directory without it is no image.
rm -f "$out/image.json"
for file in kernel initrd stamp image.json; do cp "$work/$file" "$out/$file.new" && mv "$out/$file.new" "$out/$file"; done
echo "guest-image: $name is in $out ($(du -shL "$out" | cut -f1))"
