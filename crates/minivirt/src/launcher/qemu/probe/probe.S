# The smallest guest that proves a hypervisor: it goes from real mode to 64-bit paging as a kernel does, touches
# memory in a loop and writes 0x10 to the isa-debug-exit port, which ends QEMU with status 33. A guest that stays in
# real mode is not enough: some hosts emulate that and then never run an instruction in long mode.
#
# probe.bin is this file, the last 256 bytes of a 64 KiB ROM whose reset vector is at 0xfffffff0:
#   as --64 probe.S -o probe.o && ld -e start -Ttext=0xffffff00 --oformat binary -o probe.bin probe.o
#   truncate -s 256 probe.bin
.code16
start:
      cli
      lgdtl %cs:(gdtptr - 0xffff0000)
      movl %cr0,%eax
      orb $1,%al
      movl %eax,%cr0
      ljmpl $8,$prot
.code32
prot:
      movw $16,%ax
      movw %ax,%ds
      movl $0x2003,0x1000
      movl $0x3003,0x2000
      movl $0x4003,0x2018
      movl $0x83,0x3000
      movl $0xffe00083,0x4ff8
      movl $0x20,%eax
      movl %eax,%cr4
      movl $0x1000,%eax
      movl %eax,%cr3
      movl $0xc0000080,%ecx
      rdmsr
      orb $1,%ah
      wrmsr
      movl %cr0,%eax
      orl $0x80000000,%eax
      movl %eax,%cr0
      ljmpl $24,$long
.code64
long:
      movl $100000,%ecx
    1: incq 0x5000
      loop 1b
      movb $0x10,%al
      movw $0xf4,%dx
      outb %al,%dx
      hlt
.balign 8
    gdt: .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00af9a000000ffff
    gdtptr: .word 31
     .long gdt
.org 0xf0
.code16
      jmp start
