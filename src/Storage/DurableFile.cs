using System.Runtime.InteropServices;

namespace Quorate.Storage;

/// <summary>Files that are there whole or not at all, also after a power cut; private to their owner.</summary>
internal static class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    // EEXIST, the same number on every Unix.
    private const int FileExists = 17;
    private const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>False when the file exists already, which is then untouched; of several processes exactly one gets true.</summary>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content, bool readableByAll = false)
    {
        var temporary = WriteTemporary(path, content, ModeOf(readableByAll));
        try
        {
            if (!TryLink(temporary, path))
            {
                return false;
            }
        }
        finally
        {
            File.Delete(temporary);
        }

        FlushFolder(path);
        return true;
    }

    public static void Replace(string path, ReadOnlySpan<byte> content, bool readableByAll = false)
    {
        File.Move(WriteTemporary(path, content, ModeOf(readableByAll)), path, overwrite: true);
        FlushFolder(path);
    }

    /// <summary>Moves a file that has been flushed to its name.</summary>
    public static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        FlushFolder(path);
    }

    /// <summary>A new file beside <paramref name="path"/>; its name is the stream's.</summary>
    public static FileStream CreateTemporary(string path, UnixFileMode mode = OwnerOnly)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        return new FileStream($"{path}.{Path.GetRandomFileName()}.tmp", options);
    }

    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerFolder);
        }
    }

    private static UnixFileMode ModeOf(bool readableByAll) => readableByAll ? OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead : OwnerOnly;

    private static string WriteTemporary(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        using var file = CreateTemporary(path, mode);
        try
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
            return file.Name;
        }
        catch
        {
            File.Delete(file.Name);
            throw;
        }
    }

    // File.Move looks for the target and then renames over it, so two processes could both succeed; a link cannot.
    private static bool TryLink(string temporary, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(temporary, path, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(path))
            {
                return false;
            }
        }

        if (Link(temporary, path) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == FileExists ? false : throw new IOException($"{path} cannot be made: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Makes a new name durable. The framework opens no folders, so this asks the system; where it cannot, the rename's own order must do.</summary>
    private static void FlushFolder(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var folder = Open(Path.GetDirectoryName(Path.GetFullPath(path))!, flags: 0);
        if (folder >= 0)
        {
            _ = Fsync(folder);
            _ = Close(folder);
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
