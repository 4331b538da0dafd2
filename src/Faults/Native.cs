using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Quorate.Faults;

/// <summary>The system calls that faults are made of (Linux).</summary>
internal static partial class Native
{
    public const nuint ReadOnlyMount = 1; // MS_RDONLY
    private const int SigKill = 9;
    private const int SigContinue = 18;
    private const int SigStop = 19;
    private const int Detach = 2; // MNT_DETACH

    public static bool IsRoot => OperatingSystem.IsLinux() && EffectiveUser() == 0;

    public static void Kill(int pid) => Check(SendSignal(pid, SigKill), $"kill {pid}");

    public static void Stop(int pid) => Check(SendSignal(pid, SigStop), $"stop {pid}");

    public static void Continue(int pid) => Check(SendSignal(pid, SigContinue), $"continue {pid}");

    public static void MountTmpfs(string source, string target, nuint flags, string options) =>
        Check(Mount(source, target, "tmpfs", flags, options), $"mount over {target}");

    public static void Unmount(string target) => Check(Unmount2(target, Detach), $"unmount {target}");

    private static void Check(int result, string what)
    {
        if (result != 0)
        {
            var cause = new Win32Exception(Marshal.GetLastPInvokeError());
            throw new IOException($"cannot {what}: {cause.Message}", cause);
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount2(string target, int flags);
}
