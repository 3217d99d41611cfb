# Debian packages for each group of setup.sh. Only what is missing is installed, without recommends, and
# a machine that has everything needs neither root nor a network.

packages_of() {
    case $1 in
        runtime) echo python3 python3-venv ca-certificates gcc libc6-dev qemu-system-x86 qemu-utils cpio genisoimage xz-utils ;;
        web | schemathesis) echo python3 python3-venv ca-certificates ;;
        browser) echo chromium fonts-dejavu-core fonts-wqy-microhei ;;
        ci) echo make git ;;
        kubernetes) echo python3 python3-venv ca-certificates gcc libc6-dev ;;
        deny) echo gcc libc6-dev ;;
        fuzz) echo g++ ;;
        guest) echo cpio gzip xz-utils ca-certificates ;;
    esac
}

install_packages() {
    local missing=() group package
    for group in "$@"; do
        for package in $(packages_of "$group"); do
            if ! dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
                case " ${missing[*]} " in *" $package "*) ;; *) missing+=("$package") ;; esac
            fi
        done
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "this is not a Debian system; please install: ${missing[*]}"
    if ! is_root && ! command -v sudo >/dev/null; then
        die "packages are missing. As root, run: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "installing Debian packages: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "${missing[@]}" >&2 </dev/null
}

check_rust() {
    command -v cargo >/dev/null || die "Rust is missing: install it with rustup (1.95 or newer), then try again"
    local version
    version=$(rustc --version | cut -d' ' -f2)
    if [ "$(printf '%s\n1.95.0\n' "$version" | sort -V | head -n1)" != 1.95.0 ]; then
        die "Rust $version is too old, 1.95 or newer is needed: rustup update stable"
    fi
}
