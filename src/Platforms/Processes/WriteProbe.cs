using System.Runtime.InteropServices;

namespace Quorate.Platforms.Processes;

/// <summary>Finds out whether a folder can be written by writing in it, the one test that holds for root too.</summary>
internal static partial class WriteProbe
{
    private const int ProbeBytes = 64 * 1024;
    private const int OpenReadWrite = 2;
    private const int OpenCloseOnExec = 0x80000;
    private const int Eisdir = 21;
    private const int Einval = 22;
    private const int Eopnotsupp = 95;

    /// <summary>A file without a name: nothing is left behind, even when this process is killed meanwhile.</summary>
    private static readonly int OpenUnnamed = 0x400000 | (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x4000 : 0x10000);

    private static int _count;

    /// <summary>0 when 64 KiB could be written durably, else the error number.</summary>
    public static int Run(string folder)
    {
        var error = WriteTo(folder, OpenUnnamed);
        if (error is not (Eisdir or Einval or Eopnotsupp))
        {
            return error;
        }

        // The file system has no unnamed files.
        var name = Path.Combine(folder, $".quorate-probe-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        const int createNew = 0x40 | 0x80;
        error = WriteTo(name, createNew);
        File.Delete(name);
        return error;
    }

    private static int WriteTo(string path, int flags)
    {
        var fd = Open(path, flags | OpenReadWrite | OpenCloseOnExec, 0x180);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        var block = new byte[ProbeBytes];
        var written = 0;
        var error = 0;
        while (written < block.Length && error == 0)
        {
            var count = Write(fd, block.AsSpan(written), block.Length - written);
            error = count > 0 ? 0 : Marshal.GetLastPInvokeError();
            written += (int)Math.Max(0, count);
        }

        if (error == 0 && Sync(fd) < 0)
        {
            error = Marshal.GetLastPInvokeError();
        }

        _ = Close(fd);
        return error;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
