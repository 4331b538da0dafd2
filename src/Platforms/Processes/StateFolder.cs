using System.Text;

namespace Quorate.Platforms.Processes;

/// <summary>Where a site's logs, locks, repairs and quarantined files lie. Only its owner may look in.</summary>
internal sealed class StateFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string Quarantine => Folder("quarantine");

    public string LogFile(string service) => System.IO.Path.Combine(Folder("logs"), service + ".log");

    public string LockFile(string service) => System.IO.Path.Combine(Folder("locks"), service + ".lock");

    public string RepairFile(string service, string name) => System.IO.Path.Combine(Folder("repairs"), $"{service}-{name}.json");

    /// <summary>There while the service has been started and the site has not been taken down; holds what its data folders were mounted on.</summary>
    public string StartedFile(string service) => System.IO.Path.Combine(Folder("started"), service);

    /// <summary>Replaces a small file so that after a crash either the old or the new content is there.</summary>
    public static void WriteDurably(string file, string content)
    {
        var next = file + ".next";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes(content));
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }

    private string Folder(string name)
    {
        var folder = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(folder, OwnerOnly);
        return folder;
    }
}
