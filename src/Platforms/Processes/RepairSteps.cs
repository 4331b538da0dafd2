using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>Does and undoes single repair steps; each looks first, so that doing it twice does it once.</summary>
internal static class RepairSteps
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static void Do(string service, RepairStep step)
    {
        switch (step.Kind)
        {
            case "detach":
                MoveMount(service, step.Target, step.Moved!, step);
                break;
            case "remount":
                Remount(service, step.Target, readOnly: false);
                break;
            case "attribute":
                SetFlags(service, step.Target, step.Flags & ~(Native.FlagImmutable | Native.FlagAppendOnly));
                break;
            case "move":
                MoveFile(service, step.Target, step.Moved!);
                break;
            default:
                Directory.CreateDirectory(step.Target);
                break;
        }
    }

    public static void Undo(string service, RepairStep step)
    {
        switch (step.Kind)
        {
            case "detach":
                UndoDetach(service, step);
                break;
            case "remount":
                Remount(service, step.Target, readOnly: true);
                break;
            case "attribute":
                SetFlags(service, step.Target, step.Flags);
                break;
            case "move":
                if (File.Exists(step.Moved))
                {
                    MoveFile(service, step.Moved, step.Target);
                }

                break;
            case "create" when Directory.Exists(step.Target) && !Directory.EnumerateFileSystemEntries(step.Target).Any():
                Directory.Delete(step.Target);
                break;
        }
    }

    private static void UndoDetach(string service, RepairStep step)
    {
        if (MountTable.Read().Find(step.Moved!).MountPoint != step.Moved)
        {
            return;
        }

        Directory.CreateDirectory(step.Target);
        MoveMount(service, step.Moved, step.Target, step);
        Directory.Delete(step.Moved);
    }

    /// <summary>Bound to the new place first and detached from the old one then: at no moment is it nowhere.</summary>
    private static void MoveMount(string service, string from, string to, RepairStep step)
    {
        if (!Directory.Exists(to) && !File.Exists(to))
        {
            if (Directory.Exists(from))
            {
                Directory.CreateDirectory(to, OwnerOnly);
            }
            else
            {
                File.WriteAllBytes(to, []);
            }
        }

        var there = MountTable.Read().Find(to);
        if (there.MountPoint != to || there.Device != step.Device)
        {
            Check(service, Native.Mount(from, to, null, Native.MountBind, null), $"binding {from} to {to}");
        }

        if (step.ReadOnly)
        {
            Check(service, Native.Mount(null, to, null, Native.MountBind | Native.MountRemount | Native.MountReadOnly, null), $"keeping {to} read-only");
        }

        if (MountTable.Read().Find(from) is { } old && old.MountPoint == from && old.Device == step.Device)
        {
            // Programs that still use it keep their open files: it lives on in its new place.
            Check(service, Native.Unmount(from, Native.UnmountDetach), $"detaching {from}");
        }
    }

    private static void Remount(string service, string mountPoint, bool readOnly)
    {
        if (MountTable.Read().Find(mountPoint).ReadOnly == readOnly)
        {
            return;
        }

        var flag = readOnly ? Native.MountReadOnly : 0;
        var what = $"remounting {mountPoint} {(readOnly ? "read-only" : "writable")}";
        // Read-only may be a property of this mount, of the file system, or of both.
        var own = Native.Mount(null, mountPoint, null, Native.MountRemount | Native.MountBind | flag, null);
        if (own < 0 || MountTable.Read().Find(mountPoint).ReadOnly != readOnly)
        {
            Check(service, Native.Mount(null, mountPoint, null, Native.MountRemount | flag, null), what);
        }
    }

    private static void SetFlags(string service, string path, int flags)
    {
        if (Native.ReadAttributes(path) != flags && !Native.WriteAttributes(path, flags))
        {
            throw Failed(service, $"changing the attributes of {path}");
        }
    }

    /// <summary>Across file systems; the copy is complete and durable before the original goes.</summary>
    private static void MoveFile(string service, string from, string to)
    {
        try
        {
            if (!File.Exists(from))
            {
                return;
            }

            using (var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
            using (var target = new FileStream(to, FileMode.Create, FileAccess.Write))
            {
                source.CopyTo(target);
                target.Flush(flushToDisk: true);
                if (target.Length != source.Length)
                {
                    throw new IOException($"{from} grew while it was copied");
                }
            }

            File.SetUnixFileMode(to, File.GetUnixFileMode(from));
            File.Delete(from);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException($"{service}: moving {from} to {to} failed: {e.Message}", retryable: false, e);
        }
    }

    private static void Check(string service, int result, string what)
    {
        if (result < 0)
        {
            throw Failed(service, what);
        }
    }

    private static PlatformException Failed(string service, string what) =>
        new($"{service}: {what} failed: {Native.LastError()}; this needs the rights of root (CAP_SYS_ADMIN, CAP_LINUX_IMMUTABLE)", retryable: false);
}
