using System.Text;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>Where a site's logs, locks, repairs and quarantined files lie. Only its owner may look in.</summary>
internal sealed class StateFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static int _writes;

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string Quarantine => Folder("quarantine");

    public string LogFile(string service) => System.IO.Path.Combine(Folder("logs"), service + ".log");

    public string LockFile(string service) => System.IO.Path.Combine(Folder("locks"), service + ".lock");

    public string RepairFile(string service, string name) => System.IO.Path.Combine(Folder("repairs"), $"{service}-{name}.json");

    /// <summary>How the service's last run ended, where a Quorate that started it saw it end.</summary>
    public string ExitFile(string service) => System.IO.Path.Combine(Folder("exits"), service);

    /// <summary>There while the service has been started and the site has not been taken down; holds what its data folders were mounted on.</summary>
    public string StartedFile(string service) => System.IO.Path.Combine(Folder("started"), service);

    /// <summary>Replaces a small file so that after a crash either the old or the new content is there.</summary>
    /// <exception cref="PlatformException">The disk is full, or its file system read-only.</exception>
    public static void WriteDurably(string file, string content)
    {
        var next = $"{file}.{Environment.ProcessId}-{Interlocked.Increment(ref _writes)}";
        try
        {
            using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
            {
                stream.Write(Encoding.UTF8.GetBytes(content));
                stream.Flush(flushToDisk: true);
            }

            File.Move(next, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(next);
            throw new PlatformException($"the state file {file} cannot be written: {e.Message}", retryable: true, e);
        }
    }

    private string Folder(string name)
    {
        var folder = System.IO.Path.Combine(Path, name);
        try
        {
            Directory.CreateDirectory(folder, OwnerOnly);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("state_unwritable", $"the state folder {folder} cannot be created: {e.Message}", "Choose a folder that this user can write, with space left.", e);
        }
    }
}
