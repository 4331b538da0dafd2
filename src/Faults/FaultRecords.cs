using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Faults;

/// <summary>The receipts of active faults, one small file each in <c>faults/</c> of the state folder.</summary>
internal sealed class FaultRecords(string stateDirectory, string siteId)
{
    /// <summary>Files read at most; more than this many faults at once is no experiment any more.</summary>
    private const int MaxRecords = 256;

    /// <summary>Longer than any fault takes to be made or taken back.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(2);

    private readonly string directory = Path.Combine(stateDirectory, "faults");

    /// <summary>On disk, whole, when it returns.</summary>
    public void Write(FaultReceipt receipt)
    {
        Directory.CreateDirectory(directory);
        string path = PathOf(receipt.Name, receipt.Target);
        string draft = path + ".tmp";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, receipt, QuorateJson.Indented);
            file.Flush(flushToDisk: true);
        }
        File.Move(draft, path, overwrite: true);
    }

    public void Remove(FaultReceipt receipt) => File.Delete(PathOf(receipt.Name, receipt.Target));

    /// <summary>Receipts of this site, newest first.</summary>
    public IReadOnlyList<FaultReceipt> Read()
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }
        return Directory.EnumerateFiles(directory, $"{siteId}~*.json")
            .Take(MaxRecords)
            .Select(ReadOne)
            .OfType<FaultReceipt>()
            .Where(r => r.SiteId == siteId)
            .OrderByDescending(r => r.InjectedAt)
            .ToList();
    }

    /// <summary>
    /// Waits until no other process makes or takes back faults of this site. The kernel ends the turn of a process that
    /// is killed.
    /// </summary>
    public async Task<IDisposable> TakeTurnAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        long began = time.GetTimestamp();
        while (true)
        {
            if (TryLock($"{siteId}.lock") is { } turn)
            {
                return turn;
            }
            if (time.GetElapsedTime(began) > LongestTurn)
            {
                throw new PlatformException("another process has been injecting or reverting faults of this site for two minutes", retryable: true);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken);
        }
    }

    /// <summary>Held until disposed of; null when another process holds it, or there is no folder any more.</summary>
    public IDisposable? TryLock(string name)
    {
        try
        {
            return new FileStream(Path.Combine(directory, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Null when it was removed meanwhile.</summary>
    private static FaultReceipt? ReadOne(string path)
    {
        try
        {
            return QuorateJson.Deserialize<FaultReceipt>(File.ReadAllText(path)) ?? throw new JsonException("the file is empty");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException broken)
        {
            throw QuorateException.Input("fault_record_broken", $"{path} is not a fault's record: {broken.Message}",
                "undo the fault by hand, then delete the file", broken);
        }
    }

    private string PathOf(string name, string target) =>
        Path.Combine(directory, $"{siteId}~{name}~{Uri.EscapeDataString(target)}.json");
}
