#!/bin/sh
# libvirtd.sh DIRECTORY ROOT: a libvirtd of its own, below ROOT, in namespaces that vanish with it.
# Everything that it writes and its sockets are in DIRECTORY. It has no /dev/kvm: KVM's absence then is the same everywhere,
# and libvirt keeps what it found out of QEMU (where /dev/kvm exists and QEMU cannot use it, it asks QEMU anew at each call).
set -e
directory=$1
root=${2%/}
mount --make-rprivate /
# libvirtd closes every file descriptor that it might have before it starts a program.
ulimit -n 1024

mkdir -p "$directory/dev"
mount -t tmpfs -o mode=755 tmpfs "$directory/dev"
for node in null zero full random urandom tty; do
  touch "$directory/dev/$node"
  mount --bind "/dev/$node" "$directory/dev/$node"
done
mkdir "$directory/dev/shm" "$directory/dev/pts"
ln -s /proc/self/fd "$directory/dev/fd"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$directory/dev/pts"
ln -s pts/ptmx "$directory/dev/ptmx"

bind() {
  mkdir -p "$directory/$1" "$root/$2"
  mount --rbind "$directory/$1" "$root/$2"
}
bind dev dev
bind etc etc/libvirt
bind lib var/lib/libvirt
bind cache var/cache/libvirt
bind log var/log/libvirt
bind run run/libvirt
if [ -n "$root" ]; then
  mkdir -p "$root/proc" "$root/sys"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
fi

# Not by exec: QEMUs that libvirtd starts become orphans, and the first process of the namespace has to collect them.
# A file "again" in DIRECTORY says that libvirtd is to be started anew when it has ended, with those QEMUs still there.
while :; do
  rm -f "$directory/again"
  if [ -n "$root" ]; then
    chroot "$root" /usr/sbin/libvirtd --pid-file /run/libvirt/libvirtd.pid &
  else
    /usr/sbin/libvirtd --pid-file /run/libvirt/libvirtd.pid &
  fi
  wait $! || true
  [ -e "$directory/again" ] || break
done
