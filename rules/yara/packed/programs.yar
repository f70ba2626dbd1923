import "math"

rule packed_upx
{
    meta:
        description = "Program that is compressed with UPX: what is in it cannot be seen from outside"
        severity = "low"
        technique = "T1027.002"
        reference = "https://attack.mitre.org/techniques/T1027/002/"

    strings:
        $mark = "UPX!"
        $text = "$Info: This file is packed with the UPX executable packer"

    condition:
        uint32(0) == 0x464c457f and uint16(16) <= 3
        and $mark in (0..1024) and ($text or #mark >= 2)
}

rule packed_upx_defaced
{
    meta:
        description = "Program that is compressed with UPX whose marks were wiped out, so that it cannot be unpacked"
        severity = "high"
        technique = "T1027.002"
        reference = "https://attack.mitre.org/techniques/T1027/002/"

    strings:
        $mark = "UPX!"
        $stub_1 = "PROT_EXEC|PROT_WRITE failed."
        $stub_2 = "/proc/self/exe"

    condition:
        uint32(0) == 0x464c457f and uint16(16) <= 3 and filesize < 64MB
        // UPX leaves no section table behind
        and ((uint8(4) == 2 and uint16(60) == 0) or (uint8(4) == 1 and uint16(48) == 0))
        and all of ($stub_*) and not $mark
        and math.entropy(filesize \ 4, filesize \ 2) > 7.2
}

rule packed_dense_program
{
    meta:
        description = "Program without a section table whose content looks like noise: packed or encrypted"
        severity = "medium"
        technique = "T1027.002"
        reference = "https://attack.mitre.org/techniques/T1027/002/"

    strings:
        $mark = "UPX!"

    condition:
        uint32(0) == 0x464c457f and (uint16(16) == 2 or uint16(16) == 3)
        and filesize > 4KB and filesize < 32MB
        and ((uint8(4) == 2 and uint16(60) == 0 and uint16(56) > 0 and uint16(56) < 5)
             or (uint8(4) == 1 and uint16(48) == 0 and uint16(44) > 0 and uint16(44) < 5))
        and not $mark
        and math.entropy(filesize \ 4, filesize \ 2) > 7.4
}

rule packed_tiny_loader
{
    meta:
        description = "Tiny program whose one segment can be written and executed: the shell of a payload"
        severity = "high"
        technique = "T1027, T1204.002"
        reference = "https://attack.mitre.org/techniques/T1204/002/"

    condition:
        // e_type 2, one program header at 64 (or 52), PT_LOAD, flags rwx, no sections
        uint32(0) == 0x464c457f and uint16(16) == 2 and filesize < 2KB
        and ((uint8(4) == 2 and uint16(56) == 1 and uint16(60) == 0 and uint32(64) == 1 and uint32(68) == 7)
             or (uint8(4) == 1 and uint16(44) == 1 and uint16(48) == 0 and uint32(52) == 1 and uint32(76) == 7))
}

rule packed_shell_script
{
    meta:
        description = "Shell script that was encrypted into a program (shc)"
        severity = "medium"
        technique = "T1027.002, T1059.004"
        reference = "https://attack.mitre.org/techniques/T1027/002/"

    strings:
        $complaint = "E: neither argv[0] nor $_ works."
        $format = "%lu %d%c"
        $location = "location has changed!"

    condition:
        uint32(0) == 0x464c457f and filesize < 4MB and $complaint and any of ($format, $location)
}

rule packed_bytecode_stub
{
    meta:
        description = "Python that unlocks encrypted byte code with a native library before it runs it"
        severity = "low"
        technique = "T1027.002, T1059.006"
        reference = "https://attack.mitre.org/techniques/T1027/002/"

    strings:
        $import = /fr[o]m\s{1,4}(pytransform|pyarmor_runtime_[0-9]{6})\s{1,4}import/
        $start_1 = "__pyarmor__("
        $start_2 = "pyarmor_runtime()"

    condition:
        filesize < 8MB and $import and any of ($start_*)
}
