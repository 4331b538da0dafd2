using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Processes;

/// <summary>What is wrong with a data folder, with what a repair needs to know. Target: the folder, or the file in it, that is the matter.</summary>
internal sealed record DataFinding(DataProblem Problem, DataFolder Folder, string Target, Mount Mount);

/// <summary>Checks declared data folders, and remembers what they were mounted on when the service started.</summary>
internal sealed class DataFolders(Site site, StateFolder state)
{
    /// <summary>How many files of a folder are looked at.</summary>
    public const int MaxFiles = 10_000;

    private static readonly EnumerationOptions Deep = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true, MaxRecursionDepth = 8 };

    public bool WasStarted(string service) => File.Exists(state.StartedFile(service));

    public void Forget(string service) => File.Delete(state.StartedFile(service));

    /// <summary>Takes note of a service that runs but that nobody has noted yet: another program may have started it.</summary>
    public void TryRemember(ServiceSpec service)
    {
        if (WasStarted(service.Name))
        {
            return;
        }

        try
        {
            RememberMounts(service);
        }
        catch (PlatformException)
        {
            // Looking must work on a full disk too; the next look tries again.
        }
    }

    /// <summary>At most one finding per folder, the one to repair first.</summary>
    public IReadOnlyList<DataFinding> Check(ServiceSpec service)
    {
        if (service.Process is not { Data.Count: > 0 } process)
        {
            return [];
        }

        var mounts = MountTable.Read();
        var known = ReadKnownMounts(service.Name);
        return [.. process.Data.Select(f => Check(f, mounts, known)).OfType<DataFinding>()];
    }

    /// <summary>Creates data folders that are not there, unless a mount hides them.</summary>
    public void PrepareForStart(ServiceSpec service)
    {
        foreach (var finding in Check(service).Where(f => f.Problem is { Kind: DataProblemKind.Missing, UndeclaredMount: false } && !File.Exists(f.Folder.Path)))
        {
            try
            {
                Directory.CreateDirectory(finding.Folder.Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new PlatformException($"{service.Name}: its data folder {finding.Folder.Path} cannot be created: {e.Message}", retryable: false, e);
            }
        }
    }

    /// <summary>
    /// Notes what writable data folders lie on. A disk that was there at the start is the site's own; a mount that came
    /// over the folder later is not. Earlier notes stay where a folder cannot be written now.
    /// </summary>
    public void RememberMounts(ServiceSpec service)
    {
        var mounts = MountTable.Read();
        var known = ReadKnownMounts(service.Name);
        foreach (var folder in service.Process!.Data)
        {
            if (Check(folder, mounts, known) is null)
            {
                known[folder.Path] = mounts.Find(folder.Path).Fingerprint;
            }
        }

        StateFolder.WriteDurably(state.StartedFile(service.Name), QuorateJson.Serialize(known));
    }

    /// <summary>Files in the folder, links not followed, at most <see cref="MaxFiles"/>.</summary>
    public static IEnumerable<string> ListFiles(DataFolder folder) => Directory.EnumerateFiles(folder.Path, "*", Deep).Take(MaxFiles);

    /// <summary>Whether the file matches one of the folder's patterns, by its name or by its path in the folder.</summary>
    public static bool IsDeclared(DataFolder folder, string file) => folder.Files.Any(p =>
        FileSystemName.MatchesSimpleExpression(p, Path.GetFileName(file), ignoreCase: false)
        || FileSystemName.MatchesSimpleExpression(p, Path.GetRelativePath(folder.Path, file), ignoreCase: false));

    private Dictionary<string, string> ReadKnownMounts(string service)
    {
        try
        {
            return QuorateJson.Deserialize<Dictionary<string, string>>(File.ReadAllText(state.StartedFile(service))) ?? [];
        }
        catch (Exception e) when (e is FileNotFoundException or System.Text.Json.JsonException)
        {
            return [];
        }
    }

    private DataFinding? Check(DataFolder folder, MountTable mounts, Dictionary<string, string> known)
    {
        var mount = mounts.Find(folder.Path);
        var undeclared = IsUndeclared(mount, folder, known.GetValueOrDefault(folder.Path));
        DataFinding Found(DataProblemKind kind, string target, Mount at, string detail) =>
            new(new DataProblem(folder.Path, kind, at == mount ? undeclared : IsUndeclared(at, folder, null), detail), folder, target, at);

        if (!Directory.Exists(folder.Path))
        {
            var what = File.Exists(folder.Path) ? "it is a file, not a folder" : "the folder is not there";
            return Found(DataProblemKind.Missing, folder.Path, mount, undeclared ? $"{what}: {Describe(mount)} hides it" : what);
        }

        var error = WriteProbe.Run(folder.Path);
        if (error != 0)
        {
            var kind = Classify(error, folder.Path);
            return Found(kind, folder.Path, mount, $"{Marshal.GetPInvokeErrorMessage(error)}; it lies on {Describe(mount)}");
        }

        if (mounts.FindBelow(folder.Path).FirstOrDefault(m => m.ReadOnly) is { } below)
        {
            return Found(DataProblemKind.ReadOnly, below.MountPoint, below, $"inside it lies {Describe(below)}");
        }

        // A folder without declared patterns holds only the service's own files.
        var fixedFile = ListFiles(folder).Where(f => folder.Files.Count == 0 || IsDeclared(folder, f)).FirstOrDefault(IsImmutable);
        return fixedFile is null ? null : Found(DataProblemKind.Immutable, fixedFile, mount, $"{fixedFile} has the immutable attribute");
    }

    private static DataProblemKind Classify(int error, string path) => error switch
    {
        Native.Erofs => DataProblemKind.ReadOnly,
        Native.Enospc or Native.Edquot => DataProblemKind.Full,
        Native.Enoent or Native.Enotdir => DataProblemKind.Missing,
        _ => IsImmutable(path) ? DataProblemKind.Immutable : DataProblemKind.Forbidden,
    };

    private static bool IsImmutable(string path) => Native.ReadAttributes(path) is { } flags && (flags & (Native.FlagImmutable | Native.FlagAppendOnly)) != 0;

    /// <summary>
    /// A mount at the folder, or between the folder and the site's own folder, that was not there at the last good start
    /// and is not in <c>/etc/fstab</c>.
    /// </summary>
    private bool IsUndeclared(Mount mount, DataFolder folder, string? knownFingerprint)
    {
        var near = mount.MountPoint == folder.Path
            || MountTable.IsUnder(mount.MountPoint, folder.Path)
            || (mount.MountPoint != site.Directory && MountTable.IsUnder(mount.MountPoint, site.Directory) && MountTable.IsUnder(folder.Path, mount.MountPoint));
        return near && mount.Fingerprint != knownFingerprint && !IsInFstab(mount.MountPoint);
    }

    private static bool IsInFstab(string mountPoint) =>
        File.Exists("/etc/fstab") && File.ReadLines("/etc/fstab").Any(l => !l.StartsWith('#') && l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1) == mountPoint);

    private static string Describe(Mount mount) => $"{(mount.ReadOnly ? "a read-only" : "a")} {mount.Type} mount at {mount.MountPoint}";
}
