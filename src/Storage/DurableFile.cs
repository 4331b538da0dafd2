using System.Runtime.InteropServices;

namespace Quorate.Storage;

/// <summary>Files that are there whole or not at all, also after a power cut; private to their owner.</summary>
internal static class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>False when the file exists already, which is then untouched; of several processes exactly one gets true.</summary>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content)
    {
        var temporary = WriteTemporary(path, content, OwnerOnly);
        try
        {
            // Without overwriting, a move is link and unlink: atomic, and it fails when the name is taken.
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(temporary);
            return false;
        }

        FlushFolder(path);
        return true;
    }

    public static void Replace(string path, ReadOnlySpan<byte> content, bool readableByAll = false)
    {
        var mode = readableByAll ? OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead : OwnerOnly;
        File.Move(WriteTemporary(path, content, mode), path, overwrite: true);
        FlushFolder(path);
    }

    /// <summary>Moves a file that has been flushed to its name.</summary>
    public static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        FlushFolder(path);
    }

    public static FileStream CreateTemporary(string path, out string temporary, UnixFileMode mode = OwnerOnly)
    {
        temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        return new FileStream(temporary, options);
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

    private static string WriteTemporary(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        using var file = CreateTemporary(path, out var temporary, mode);
        file.Write(content);
        file.Flush(flushToDisk: true);
        return temporary;
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

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
