using System.Text.Json;
using Quorate.Contracts;

namespace Quorate.Faults;

/// <summary>The receipts of active faults, one small file each in <c>faults/</c> of the state folder.</summary>
internal sealed class FaultRecords(string stateDirectory, string siteId)
{
    /// <summary>Files read at most; more than this many faults at once is no experiment any more.</summary>
    private const int MaxRecords = 256;

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
            .Where(r => r.SiteId == siteId)
            .OrderByDescending(r => r.InjectedAt)
            .ToList();
    }

    private static FaultReceipt ReadOne(string path)
    {
        try
        {
            return QuorateJson.Deserialize<FaultReceipt>(File.ReadAllText(path)) ?? throw new JsonException("the file is empty");
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
