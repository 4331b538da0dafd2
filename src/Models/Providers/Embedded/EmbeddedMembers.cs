using Microsoft.Extensions.AI;
using Quorate.Contracts;
using Quorate.Models.Panel;

namespace Quorate.Models.Providers.Embedded;

/// <summary>
/// Members that need no network and are no language models: they answer from a folder of documents (Markdown and plain text) with
/// citations. <c>bm25</c>, <c>tfidf</c> and <c>overlap</c> quote what their way of ranking finds; <c>rules</c> quotes what these agree on.
/// All vote on yes/no and multiple choice questions by the negations, opposites and choices in what they found.
/// </summary>
public static class EmbeddedMembers
{
    /// <summary>How an answer begins that the documents don't hold; the folders' names follow.</summary>
    public const string NotFound = "not found in ";

    /// <summary>Quorate's own documents, beside the program.</summary>
    public static string DefaultFolder => Path.Combine(AppContext.BaseDirectory, "documents");

    /// <summary>The four members over the folders, which they read at the first question.</summary>
    /// <param name="folders">Searched with their subfolders; none: <see cref="DefaultFolder"/>.</param>
    /// <exception cref="QuorateException">Missing: a folder does not exist.</exception>
    public static IReadOnlyList<(MemberInfo Info, IChatClient Client)> Create(IReadOnlyList<string> folders)
    {
        var used = folders.Count == 0 ? [DefaultFolder] : folders;
        if (used.FirstOrDefault(f => !Directory.Exists(f)) is { } missing)
        {
            throw QuorateException.Missing("documents_missing", $"The folder of documents {missing} does not exist.", "Name an existing folder of .md or .txt files.");
        }

        var library = new DocumentLibrary(used);
        IRetrieval bm25 = new Bm25Retrieval(), tfidf = new TfIdfRetrieval(), overlap = new OverlapRetrieval();
        return
        [
            Member("bm25", "okapi-bm25", "bm25, extractive", bm25, library),
            Member("tfidf", "tf-idf-cosine", "tfidf, extractive", tfidf, library),
            Member("overlap", "word-overlap", "overlap, extractive", overlap, library),
            Member("rules", "rank-fusion-rules", "rules, no language model", new FusedRetrieval([bm25, tfidf, overlap]), library),
        ];
    }

    /// <summary>True for an answer (of any question type) that says that the documents hold nothing.</summary>
    public static bool IsNotFound(string answer) => answer.Split('\n')[^1].StartsWith(NotFound, StringComparison.Ordinal);

    private static (MemberInfo Info, IChatClient Client) Member(string name, string model, string signature, IRetrieval retrieval, DocumentLibrary library) =>
        (new MemberInfo { Name = name, Provider = "embedded", Model = model, Embedded = true }, new EmbeddedChatClient(name, signature, retrieval, library));
}
