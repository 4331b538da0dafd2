using System.Runtime.InteropServices;

namespace Quorate.Platforms.Processes;

/// <summary>The Linux system calls that .NET has no door to. Each returns -1 and sets the last error on failure.</summary>
internal static partial class Native
{
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    public const int Eperm = 1;
    public const int Enoent = 2;
    public const int Eacces = 13;
    public const int Ebusy = 16;
    public const int Enotdir = 20;
    public const int Enospc = 28;
    public const int Erofs = 30;
    public const int Edquot = 122;

    public const nuint MountReadOnly = 1;
    public const nuint MountRemount = 32;
    public const nuint MountBind = 4096;
    public const int UnmountDetach = 2;

    /// <summary>FS_IMMUTABLE_FL and FS_APPEND_FL: root cannot change (or only append to) a file that has them.</summary>
    public const int FlagImmutable = 0x10;
    public const int FlagAppendOnly = 0x20;

    private const int OpenReadOnly = 0;
    private const int OpenNonBlocking = 0x800;
    private const int OpenCloseOnExec = 0x80000;

    /// <summary>FS_IOC_GETFLAGS and FS_IOC_SETFLAGS on 64-bit Linux.</summary>
    private const nuint GetFlags = 0x80086601;
    private const nuint SetFlags = 0x40086602;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string? source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int descriptor, nuint request, ref int value);

    /// <summary>The attribute flags of a file or folder; null where its file system has none or it cannot be opened.</summary>
    public static int? ReadAttributes(string path) => WithFile(path, fd =>
    {
        var flags = 0;
        return Ioctl(fd, GetFlags, ref flags) == 0 ? flags : null;
    });

    /// <summary>False, with the last error set, when the flags cannot be changed.</summary>
    public static bool WriteAttributes(string path, int flags) => WithFile(path, fd => Ioctl(fd, SetFlags, ref flags) == 0 ? flags : null) is not null;

    /// <summary>The last error in words.</summary>
    public static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    private static int? WithFile(string path, Func<int, int?> use)
    {
        var fd = Open(path, OpenReadOnly | OpenNonBlocking | OpenCloseOnExec, 0);
        if (fd < 0)
        {
            return null;
        }

        var result = use(fd);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(fd);
        Marshal.SetLastPInvokeError(error);
        return result;
    }
}
